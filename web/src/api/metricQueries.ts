// What the page reads of metrics. Plots are read again less often than states: they cost more and change less.

import { useQuery } from "@tanstack/react-query";
import type { Range } from "../range/range";
import { client } from "./client";
import { keptWithin, useLimit } from "./limits";
import { ofTelemetry } from "./live";
import { answer } from "./problems";
import type { MetricAsk } from "./types";

const often = ofTelemetry(10_000);
const LISTED_MOST = 300;

/** Metrics with a name that holds `text`; those of one service where one is named. */
export function useMetrics(range: Range, text: string, service: string | null = null) {
  const limit = useLimit("/api/v1/metrics");
  const asked = { ...range, q: text, ...(service === null ? {} : { service }) };
  return useQuery({
    queryKey: ["metrics", asked, limit],
    queryFn: ({ signal }) =>
      answer(
        "list the metrics",
        client.GET("/api/v1/metrics", {
          params: { query: { ...asked, ...limit, limit: LISTED_MOST } },
          signal,
        }),
      ),
    ...often,
    placeholderData: keptWithin(limit),
  });
}

export function useMetric(name: string, range: Range) {
  const limit = useLimit("/api/v1/metrics/{name}");
  return useQuery({
    queryKey: ["metric", name, range, limit],
    queryFn: ({ signal }) =>
      answer(
        `read the metric “${name}”`,
        client.GET("/api/v1/metrics/{name}", {
          params: { path: { name }, query: { ...range, ...limit } },
          signal,
        }),
      ),
    ...often,
    // Another metric's attributes are not this one's.
    placeholderData: (before, query) =>
      query?.queryKey[1] === name ? keptWithin(limit)(before, query) : undefined,
  });
}

/** The lines of a metric; none are read for no range. */
export function useMetricSeries(name: string, range: Range | null, ask: MetricAsk) {
  const limit = useLimit("/api/v1/metrics/{name}/series");
  return useQuery({
    enabled: range !== null,
    queryKey: ["metric", name, "series", range, ask, limit],
    queryFn: ({ signal }) =>
      answer(
        `plot the metric “${name}”`,
        client.GET("/api/v1/metrics/{name}/series", {
          params: { path: { name }, query: { ...range, ...ask, ...limit } },
          signal,
        }),
      ),
    ...often,
    placeholderData: (before, query) =>
      query?.queryKey[1] === name ? keptWithin(limit)(before, query) : undefined,
  });
}
