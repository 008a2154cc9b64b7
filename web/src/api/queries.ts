// What the page reads: one hook for each resource. All keep the last answer while a newer one is on its way.

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Range } from "../range/range";
import { isOpen } from "../words/incidents";
import { client } from "./client";
import { keptWithin, type Limit, useLimit } from "./limits";
import { ofRecord, ofTelemetry } from "./live";
import { answer } from "./problems";
import type { Objective } from "./types";

/** Thousands of objectives are read again less often; the worst page of them as often as ever. */
const BULK_MILLISECONDS = 30_000;
const PAGE_LIMIT = 500;

const live = { ...ofTelemetry(), placeholderData: keepPreviousData };
const recorded = { ...ofRecord, placeholderData: keepPreviousData };

export const SESSION = ["session"] as const;
export const STATUS = ["status"] as const;

export function useSession() {
  return useQuery({
    queryKey: SESSION,
    queryFn: ({ signal }) => answer("ask who is signed in", client.GET("/api/v1/session", { signal })),
    staleTime: 60_000,
  });
}

export function useStatus() {
  return useQuery({
    queryKey: STATUS,
    queryFn: ({ signal }) => answer("read the server's status", client.GET("/api/v1/status", { signal })),
    ...recorded,
  });
}

function readObjectives(limit: Limit, cursor: string | undefined, signal: AbortSignal) {
  const query = { ...limit, limit: PAGE_LIMIT, ...(cursor === undefined ? {} : { cursor }) };
  return answer("list the objectives", client.GET("/api/v1/objectives", { params: { query }, signal }));
}

/** All objectives: the worst page is live; the others, if any, are fetched behind it and refreshed at leisure. */
export function useObjectives() {
  const limit = useLimit("/api/v1/objectives");
  const head = useQuery({
    queryKey: ["objectives", "head", limit],
    queryFn: ({ signal }) => readObjectives(limit, undefined, signal),
    ...live,
    placeholderData: keptWithin(limit),
  });
  const more = head.data?.next ?? null;
  const rest = useInfiniteQuery({
    queryKey: ["objectives", "rest", limit],
    queryFn: ({ pageParam, signal }) => readObjectives(limit, pageParam, signal),
    initialPageParam: more ?? undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled: more !== null,
    ...ofTelemetry(BULK_MILLISECONDS),
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = rest;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const tail = more === null ? undefined : rest.data;
  const items = useMemo(
    () => together(head.data?.items ?? [], tail?.pages.flatMap((page) => page.items) ?? []),
    [head.data, tail],
  );
  return {
    ...head,
    items,
    summary: head.data?.summary,
    complete: more === null || (rest.isSuccess && !hasNextPage),
  };
}

function together(head: Objective[], tail: Objective[]): Objective[] {
  const known = new Set(head.map((objective) => objective.name));
  return [...head, ...tail.filter((objective) => !known.has(objective.name))];
}

export function useObjective(name: string) {
  return useQuery({
    queryKey: ["objective", name],
    queryFn: ({ signal }) =>
      answer(
        `read the objective “${name}”`,
        client.GET("/api/v1/objectives/{name}", { params: { path: { name } }, signal }),
      ),
    ...live,
  });
}

export function useObjectiveSeries(name: string, range: Range) {
  return useQuery({
    queryKey: ["objective", name, "series", range],
    queryFn: ({ signal }) =>
      answer(
        `chart the objective “${name}” from ${range.from} to ${range.to}`,
        client.GET("/api/v1/objectives/{name}/series", { params: { path: { name }, query: range }, signal }),
      ),
    ...live,
  });
}

export function useContributors(name: string, range: Range) {
  return useQuery({
    queryKey: ["objective", name, "contributors", range],
    queryFn: ({ signal }) =>
      answer(
        `find where the budget of “${name}” went`,
        client.GET("/api/v1/objectives/{name}/contributors", {
          params: { path: { name }, query: range },
          signal,
        }),
      ),
    ...live,
  });
}

export function useBreakdown(name: string, range: Range) {
  return useQuery({
    queryKey: ["objective", name, "breakdown", range],
    queryFn: ({ signal }) =>
      answer(
        `find what the bad events of “${name}” have in common`,
        client.GET("/api/v1/objectives/{name}/breakdown", {
          params: { path: { name }, query: range },
          signal,
        }),
      ),
    ...ofTelemetry(BULK_MILLISECONDS),
    placeholderData: keepPreviousData,
  });
}

export function useExemplars(name: string, range: Range, limit: number) {
  return useQuery({
    queryKey: ["objective", name, "exemplars", range, limit],
    queryFn: ({ signal }) =>
      answer(
        `find bad events of “${name}”`,
        client.GET("/api/v1/objectives/{name}/exemplars", {
          params: { path: { name }, query: { ...range, limit } },
          signal,
        }),
      ),
    ...live,
  });
}

export function useMap(range: Range, filters: { zone: string; version: string; around: string }) {
  const limit = useLimit("/api/v1/map");
  return useQuery({
    queryKey: ["map", range, filters, limit],
    queryFn: ({ signal }) =>
      answer(
        "draw the map",
        client.GET("/api/v1/map", { params: { query: { ...range, ...filters, ...limit } }, signal }),
      ),
    ...live,
    placeholderData: keptWithin(limit),
  });
}

/** The calls of an edge, or of a node where only one end is named. */
export function useMapCalls(range: Range, ends: { source: string; target: string }) {
  return useQuery({
    queryKey: ["map", "calls", range, ends],
    queryFn: ({ signal }) =>
      answer(
        "compare these calls with the usual ones",
        client.GET("/api/v1/map/calls", { params: { query: { ...range, ...ends } }, signal }),
      ),
    ...ofTelemetry(),
  });
}

/** What was asked of a node that sends no spans, and what it answered. */
export function useMapAnswers(target: string, range: Range) {
  return useQuery({
    queryKey: ["map", "answers", range, target],
    queryFn: ({ signal }) =>
      answer(
        "read what was asked and answered",
        client.GET("/api/v1/map/answers", { params: { query: { ...range, target } }, signal }),
      ),
    ...ofTelemetry(),
  });
}

/** What is silent now, of the chosen environment. */
export function useSilences() {
  const limit = useLimit("/api/v1/silences");
  return useQuery({
    queryKey: ["silences", limit],
    queryFn: ({ signal }) =>
      answer("list what is silent", client.GET("/api/v1/silences", { params: { query: limit }, signal })),
    ...live,
    placeholderData: keptWithin(limit),
  });
}

/** How many incidents are open in the environment shown: what the badge, tiles and lists count. */
export function useOpenIncidents(): number {
  const isLimited = Object.keys(useLimit("/api/v1/incidents")).length > 0;
  const everywhere = useStatus().data?.open_incidents ?? 0;
  const listed = useIncidents(isLimited).data?.items;
  return isLimited ? (listed ?? []).filter(isOpen).length : everywhere;
}

export function useIncidents(enabled = true) {
  const limit = useLimit("/api/v1/incidents");
  return useQuery({
    enabled,
    queryKey: ["incidents", limit],
    queryFn: ({ signal }) =>
      answer(
        "list the incidents",
        client.GET("/api/v1/incidents", { params: { query: { ...limit, limit: 200 } }, signal }),
      ),
    ...recorded,
    placeholderData: keptWithin(limit),
  });
}

export function useIncident(number: number) {
  return useQuery({
    queryKey: ["incident", number],
    queryFn: ({ signal }) =>
      answer(
        `read incident ${number}`,
        client.GET("/api/v1/incidents/{number}", { params: { path: { number } }, signal }),
      ),
    ...recorded,
  });
}

export function useCatalog() {
  return useQuery({
    queryKey: ["catalog"],
    queryFn: ({ signal }) => answer("read the catalog", client.GET("/api/v1/catalog", { signal })),
    ...recorded,
  });
}

export function useChanges(range: Range, service?: string) {
  const limit = useLimit("/api/v1/changes");
  return useQuery({
    queryKey: ["changes", range, limit, service],
    queryFn: ({ signal }) =>
      answer(
        "list the changes",
        client.GET("/api/v1/changes", {
          params: { query: { ...range, ...limit, ...(service === undefined ? {} : { service }) } },
          signal,
        }),
      ),
    ...recorded,
    placeholderData: keptWithin(limit),
  });
}

/** The changes of one service, where it runs or everywhere. */
export function useChangesOf(service: { name: string; namespace: string }, range: Range) {
  const limit = useLimit("/api/v1/changes");
  const query = { ...range, ...limit, service: service.name, limit: 50 };
  return useQuery({
    queryKey: ["changes", "of", query],
    queryFn: ({ signal }) =>
      answer(
        `list the changes of “${service.name}”`,
        client.GET("/api/v1/changes", { params: { query }, signal }),
      ),
    ...recorded,
    placeholderData: keptWithin(limit),
  });
}
