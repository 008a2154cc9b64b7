// What the page reads of logs. Lines stand still while they are read; what comes in is a live tail's to tell.

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Range } from "../range/range";
import { client } from "./client";
import { answer } from "./problems";
import type { paths } from "./schema";

type Read<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type LogLine = Read<"/api/v1/logs">["items"][number];
export type LogHistogram = Read<"/api/v1/logs/histogram">;
export type LogFacet = Read<"/api/v1/logs/facets">["items"][number];
export type LogPatterns = Read<"/api/v1/logs/patterns">;
export type LogPattern = LogPatterns["items"][number];
export type Severity = LogLine["severity"];

/** What is asked for, as the API takes it. */
export type LogAsk = Partial<Range> & { q?: string; where?: string[] };

const PAGE_LINES = 100;
/** Whoever looks for one line reads on until it is found: in few requests. */
const SOUGHT_PAGE_LINES = 1_000;
const still = { staleTime: Number.POSITIVE_INFINITY, placeholderData: keepPreviousData, refetchOnWindowFocus: false };

export function useLogLines(ask: LogAsk, seeks: boolean) {
  const limit = seeks ? SOUGHT_PAGE_LINES : PAGE_LINES;
  return useInfiniteQuery({
    queryKey: ["logs", "lines", ask, limit],
    queryFn: ({ pageParam, signal }) =>
      answer("search the logs", client.GET("/api/v1/logs", { params: { query: { ...ask, limit, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    ...still,
  });
}

export function useLogHistogram(ask: LogAsk) {
  return useQuery({
    queryKey: ["logs", "histogram", ask],
    queryFn: ({ signal }) => answer("count the log lines", client.GET("/api/v1/logs/histogram", { params: { query: ask }, signal })),
    ...still,
  });
}

export function useLogFacets(ask: LogAsk) {
  return useQuery({
    queryKey: ["logs", "facets", ask],
    queryFn: ({ signal }) => answer("break the log lines down", client.GET("/api/v1/logs/facets", { params: { query: ask }, signal })),
    ...still,
  });
}

export function useLogPatterns(ask: LogAsk) {
  return useQuery({
    queryKey: ["logs", "patterns", ask],
    queryFn: ({ signal }) => answer("find patterns in the logs", client.GET("/api/v1/logs/patterns", { params: { query: ask }, signal })),
    ...still,
  });
}

export const LOGS = ["logs"] as const;

/** Where lines are told as they come in; read by the browser's own EventSource, which comes back by itself. */
export function tailAddress({ q, where }: LogAsk): string {
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  where?.forEach((condition) => search.append("where", condition));
  return `/api/v1/logs/tail?${search.toString()}`;
}
