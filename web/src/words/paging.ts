// What is said of a page: how long it took to be acknowledged, who was asked, and what comes next.

import type { Paged, PagedDetail, PagedEntry } from "../api/types";
import { durationWords } from "./durations";
import { clock, clockSeconds, date } from "./moments";

/** Seconds from the beginning of a page to its acknowledgement; null while there is none. */
export function acknowledgedAfter({ opened_at: opened, acknowledged_at: at }: Paged): number | null {
  return at === null ? null : (Date.parse(at) - Date.parse(opened)) / 1000;
}

/** Nobody has answered yet. */
export const isUnanswered = ({ state }: Paged) => state === "paging" || state === "unanswered";

type Asked = { step: number; people: string[]; at: string; until: string | null };

/** Whom each step asked, in the order of the steps. */
export function askedIn(timeline: readonly PagedEntry[]): Asked[] {
  return timeline
    .filter(({ kind }) => kind === "page.asked")
    .map(({ at, data }) => ({
      step: typeof data["step"] === "number" ? data["step"] : 0,
      people: Array.isArray(data["people"]) ? data["people"].map(String) : [],
      at,
      until: typeof data["until"] === "string" ? data["until"] : null,
    }));
}

/** "payments-primary at 12:06, not acknowledged; next step 12:11": the newest step and what comes of it. */
export function pagedWords(page: PagedDetail): string {
  const last = askedIn(page.timeline).at(-1);
  const who = last === undefined ? "nobody yet" : `${last.people.join(" and ")} at ${clock(last.at)}`;
  return `${who}, ${outcomeOf(page)}`;
}

function outcomeOf(page: PagedDetail): string {
  const took = acknowledgedAfter(page);
  if (page.state === "paging")
    return `not acknowledged${page.next_at === null ? "" : `; next step ${clock(page.next_at)}`}`;
  if (page.state === "unanswered") return "nobody answered, and nobody else is left to page";
  if (took !== null) return `acknowledged by ${page.acknowledged_by ?? "—"} after ${durationWords(took)}`;
  return page.state === "snoozed" ? "snoozed" : "resolved before anybody acknowledged";
}

/** "09:16:06", and on another day than the page began "Nov 27 00:01:12". */
export function clockOf(at: string, page: Paged): string {
  return date(at) === date(page.opened_at) ? clockSeconds(at) : `${date(at)} ${clockSeconds(at)}`;
}

/** "policy/payments" without its kind, where that says nothing: "payments"; "team/shop" is "team shop". */
export function policyWords(policy: string): string {
  return policy.replace(/^policy\//, "").replace("/", " ");
}
