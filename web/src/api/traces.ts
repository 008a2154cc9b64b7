// What the page reads of traces. A search is a picture of a moment: it is made again when asked, not every few seconds.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client } from "./client";
import { keptWithin, useLimit } from "./limits";
import { followed } from "./pages";
import { answer, isUnknown } from "./problems";
import type { TraceSearch } from "./types";

const PAGE_LIMIT = 50;
/** How many failed and slow traces are listed at first, so that the others are in sight. */
const GROUP_LIMIT = 10;
const POINTS = 1_500;
/** A trace is still being written for some seconds after its first span came. */
const STILL_WRITTEN_MILLISECONDS = 10_000;
const RETRY_MILLISECONDS = 5_000;

/** A failed search is retried; an answered one is kept until the reader asks again. */
const untilAnswered = {
  refetchInterval: ({ state }: { state: { status: string } }) =>
    state.status === "error" ? RETRY_MILLISECONDS : false,
  refetchOnWindowFocus: false,
} as const;

export function useTraces(asked: TraceSearch, enabled = true) {
  const limit = useLimit("/api/v1/traces");
  const first = asked.sort === "failed" && asked.outcome !== "usual" ? GROUP_LIMIT : PAGE_LIMIT;
  return useInfiniteQuery({
    enabled,
    queryKey: ["traces", asked, limit],
    queryFn: ({ pageParam, signal }) =>
      answer(
        "search the traces",
        client.GET("/api/v1/traces", {
          params: {
            query: {
              ...asked,
              ...limit,
              limit: pageParam === undefined ? first : PAGE_LIMIT,
              ...(pageParam === undefined ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keptWithin(limit),
    staleTime: Number.POSITIVE_INFINITY,
    ...untilAnswered,
  });
}

/** How often what happened; of all traces found, also of those the list leaves out. */
export function useTraceTally({
  sort: _sort,
  happened: _happened,
  outcome: _outcome,
  ...asked
}: TraceSearch) {
  const limit = useLimit("/api/v1/traces/tally");
  return useQuery({
    queryKey: ["traces", "tally", asked, limit],
    queryFn: ({ signal }) =>
      answer(
        "count what happened in the traces",
        client.GET("/api/v1/traces/tally", { params: { query: { ...asked, ...limit } }, signal }),
      ),
    placeholderData: keptWithin(limit),
    staleTime: Number.POSITIVE_INFINITY,
    ...untilAnswered,
  });
}

export function useTraceScatter({ sort: _sort, happened: _happened, ...asked }: TraceSearch) {
  const limit = useLimit("/api/v1/traces/scatter");
  return useQuery({
    queryKey: ["traces", "scatter", asked, limit],
    queryFn: ({ signal }) =>
      answer(
        "draw the traces over time",
        client.GET("/api/v1/traces/scatter", {
          params: { query: { ...asked, ...limit, points: POINTS } },
          signal,
        }),
      ),
    placeholderData: keptWithin(limit),
    staleTime: Number.POSITIVE_INFINITY,
    ...untilAnswered,
  });
}

/** One trace; with an objective, judged by it. One that is gone from the catalog hides no trace. */
export function useTrace(traceId: string, objective: string | null) {
  return useQuery({
    queryKey: ["trace", traceId, { objective }],
    queryFn: async ({ signal }) => {
      const read = (query: { objective?: string }) =>
        answer(
          `read the trace ${traceId}`,
          client.GET("/api/v1/traces/{trace_id}", { params: { path: { trace_id: traceId }, query }, signal }),
        );
      if (objective === null) return read({});
      try {
        return await read({ objective });
      } catch (error) {
        if (isUnknown(error)) return read({});
        throw error;
      }
    },
    staleTime: STILL_WRITTEN_MILLISECONDS,
    ...untilAnswered,
  });
}

/** Most log lines on a trace's page; the others are in Logs. */
export const LINES_MOST = 1_000;

export function useTraceLogs(traceId: string) {
  return useQuery({
    queryKey: ["trace", traceId, "logs"],
    queryFn: ({ signal }) =>
      followed(LINES_MOST, (cursor) => {
        const params = {
          path: { trace_id: traceId },
          query: { limit: LINES_MOST, ...(cursor === undefined ? {} : { cursor }) },
        };
        return answer(
          `read the log lines of trace ${traceId}`,
          client.GET("/api/v1/traces/{trace_id}/logs", { params, signal }),
        );
      }),
    staleTime: STILL_WRITTEN_MILLISECONDS,
    ...untilAnswered,
  });
}

export function useComparison(first: string, second: string) {
  return useQuery({
    queryKey: ["trace", first, "comparison", second],
    queryFn: ({ signal }) =>
      answer(
        `compare the traces ${first} and ${second}`,
        client.GET("/api/v1/traces/{trace_id}/comparison", {
          params: { path: { trace_id: first }, query: { with: second } },
          signal,
        }),
      ),
    staleTime: STILL_WRITTEN_MILLISECONDS,
    ...untilAnswered,
  });
}
