// What the page reads of logs. Lines stand still while they are read; what comes in is a live tail's to tell.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useEnvironment } from "../app/environment";
import type { Range } from "../range/range";
import { client } from "./client";
import { conditionsWithin, keptWithin, type Limit } from "./limits";
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
const still = (limit: Limit) => ({
  staleTime: Number.POSITIVE_INFINITY,
  placeholderData: keptWithin(limit),
  refetchOnWindowFocus: false,
});

/** What is asked for in the environment of the address. */
export function useWithin(asked: LogAsk): { ask: LogAsk; limit: Limit } {
  const [environment] = useEnvironment();
  return useMemo(() => {
    const where = conditionsWithin(asked.where ?? [], environment);
    const limit = environment === null ? {} : { environment };
    return { ask: where.length > 0 ? { ...asked, where } : asked, limit };
  }, [asked, environment]);
}

export function useLogLines(asked: LogAsk, seeks: boolean) {
  const { ask, limit } = useWithin(asked);
  const lines = seeks ? SOUGHT_PAGE_LINES : PAGE_LINES;
  return useInfiniteQuery({
    queryKey: ["logs", "lines", ask, lines, limit],
    queryFn: ({ pageParam, signal }) =>
      answer(
        "search the logs",
        client.GET("/api/v1/logs", {
          params: { query: { ...ask, limit: lines, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    ...still(limit),
  });
}

export function useLogHistogram(asked: LogAsk) {
  const { ask, limit } = useWithin(asked);
  return useQuery({
    queryKey: ["logs", "histogram", ask, limit],
    queryFn: ({ signal }) =>
      answer("count the log lines", client.GET("/api/v1/logs/histogram", { params: { query: ask }, signal })),
    ...still(limit),
  });
}

export function useLogFacets(asked: LogAsk) {
  const { ask, limit } = useWithin(asked);
  return useQuery({
    queryKey: ["logs", "facets", ask, limit],
    queryFn: ({ signal }) =>
      answer(
        "break the log lines down",
        client.GET("/api/v1/logs/facets", { params: { query: ask }, signal }),
      ),
    ...still(limit),
  });
}

export function useLogPatterns(asked: LogAsk) {
  const { ask, limit } = useWithin(asked);
  return useQuery({
    queryKey: ["logs", "patterns", ask, limit],
    queryFn: ({ signal }) =>
      answer(
        "find patterns in the logs",
        client.GET("/api/v1/logs/patterns", { params: { query: ask }, signal }),
      ),
    ...still(limit),
  });
}

export const LOGS = ["logs"] as const;

/** The stream of new lines; read with EventSource, which reconnects by itself. */
export function tailAddress({ q, where }: LogAsk): string {
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  where?.forEach((condition) => search.append("where", condition));
  return `/api/v1/logs/tail?${search.toString()}`;
}
