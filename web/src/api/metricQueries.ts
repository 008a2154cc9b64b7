// What the page reads of metrics. Plots are read again less often than states: they cost more and change less.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Range } from "../range/range";
import { client } from "./client";
import { answer } from "./problems";
import type { MetricAsk } from "./types";

const often = { refetchInterval: 10_000, placeholderData: keepPreviousData };
const LISTED_MOST = 300;

export function useMetrics(range: Range, text: string) {
  return useQuery({
    queryKey: ["metrics", range, text],
    queryFn: ({ signal }) =>
      answer("list the metrics", client.GET("/api/v1/metrics", { params: { query: { ...range, q: text, limit: LISTED_MOST } }, signal })),
    ...often,
  });
}

export function useMetric(name: string, range: Range) {
  return useQuery({
    queryKey: ["metric", name, range],
    queryFn: ({ signal }) => answer(`read the metric “${name}”`, client.GET("/api/v1/metrics/{name}", { params: { path: { name }, query: range }, signal })),
    ...often,
    // Another metric's attributes are not this one's.
    placeholderData: (before, query) => (query?.queryKey[1] === name ? before : undefined),
  });
}

export function useMetricSeries(name: string, range: Range, ask: MetricAsk) {
  return useQuery({
    queryKey: ["metric", name, "series", range, ask],
    queryFn: ({ signal }) =>
      answer(
        `plot the metric “${name}”`,
        client.GET("/api/v1/metrics/{name}/series", { params: { path: { name }, query: { ...range, ...ask } }, signal }),
      ),
    ...often,
    placeholderData: (before, query) => (query?.queryKey[1] === name ? before : undefined),
  });
}
