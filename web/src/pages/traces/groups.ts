// The traces of a search in groups: failed first, then slow, then as usual; or one list in the order asked for.

import { useEffect } from "react";
import { useTraces } from "../../api/traces";
import type { Scatter, TraceHit } from "../../api/types";
import { capital, count } from "../../words/counts";
import type { View } from "./search";

export type Outcome = TraceHit["what_happened"]["outcome"];
type Found = ReturnType<typeof useTraces>;

/** One group of the list: its name and order, and what was found of it. */
export type Group = {
  key: Outcome | "all";
  name: string;
  order: string;
  found: Found;
  hits: readonly TraceHit[];
};

const NAMES = { failed: "Failed", slow: "Slow" } as const;

export function useGroups(view: View): Group[] {
  const grouped = view.sort === "failed" && !view.chosen.has("outcome");
  const failed = useTraces({ ...view.asked, outcome: "failed" }, grouped);
  const slow = useTraces({ ...view.asked, outcome: "slow" }, grouped);
  const rest = useTraces(grouped ? { ...view.asked, outcome: "usual" } : view.asked);
  useSearchFurther(failed);
  useSearchFurther(slow);
  useSearchFurther(rest);
  const group = (key: Outcome, found: Found): Group => ({
    key,
    name: key === "usual" ? capital(restOf(hitsOf(found))) : NAMES[key],
    order: "newest first",
    found,
    hits: hitsOf(found),
  });
  if (grouped) return [group("failed", failed), group("slow", slow), group("usual", rest)];
  const order = view.sort === "slowest" ? "slowest first" : "newest first";
  return [{ key: "all", name: "Traces", order, found: rest, hits: hitsOf(rest) }];
}

/** The words for traces that neither failed nor were slow: as usual only where all of them have a known usual. */
export const restWords = (groups: readonly Group[]): string =>
  restOf(groups.flatMap((group) => group.hits).filter((hit) => hit.what_happened.outcome === "usual"));

export function restOf(hits: readonly TraceHit[]): string {
  const unknown = hits.filter((hit) => hit.what_happened.slow_from_seconds === null).length;
  if (unknown === 0) return "as usual";
  return unknown === hits.length ? "did not fail, no usual known yet" : "as usual, or no usual known yet";
}

const hitsOf = (found: Found): readonly TraceHit[] => found.data?.pages.flatMap((page) => page.items) ?? [];

/** A search that ended early with nothing goes on by itself: a list is not empty before all was looked at. */
function useSearchFurther({ data, hasNextPage, isFetching, fetchNextPage }: Found) {
  const isEmpty = data?.pages.every((page) => page.items.length === 0) ?? false;
  useEffect(() => {
    if (isEmpty && hasNextPage && !isFetching) void fetchNextPage();
  }, [isEmpty, hasNextPage, isFetching, fetchNextPage]);
}

/** How many traces of a group there are in all, where the picture counted them. */
export function totalOf(key: Group["key"], scatter: Scatter | undefined): number | null {
  if (scatter === undefined || scatter.scope !== "root") return null;
  const { spans, errors, slow } = scatter;
  return { failed: errors, slow, usual: spans - errors - slow, all: spans }[key];
}

/** "84, newest first"; without a count only the order. */
export function headWords(group: Pick<Group, "key" | "order">, scatter: Scatter | undefined): string {
  const total = totalOf(group.key, scatter);
  return total === null ? group.order : `${count(total)}, ${group.order}`;
}

/** "78 more failed": what the next page is of. */
export function moreWords(group: Pick<Group, "key" | "hits">, scatter: Scatter | undefined): string {
  const total = totalOf(group.key, scatter);
  const left = total === null ? 0 : total - group.hits.length;
  const what = { failed: "failed", slow: "slow", usual: "of these", all: "traces" }[group.key];
  return left > 0 ? `${count(left)} more ${what}` : `More ${what}`;
}
