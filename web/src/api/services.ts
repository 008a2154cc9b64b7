// What the page reads of services. One is its environment, namespace and name; the environment is the address's.

import { useQuery } from "@tanstack/react-query";
import type { Range } from "../range/range";
import { client } from "./client";
import { keptWithin, type Limit, useLimit } from "./limits";
import { ofTelemetry } from "./live";
import { followed } from "./pages";
import { answer } from "./problems";
import type { SpreadBy } from "./types";

const SLOW_MILLISECONDS = 10_000;
const PAGE_LIMIT = 500;
/** A table of more is no longer read by anybody; the others are found by name. */
export const SERVICES_MOST = 1_000;

const EVERYWHERE: Limit = {};

type Within = { text?: string; region?: string | null };

/** The busiest services of a range, those with a name that holds `text`; `next` is null if they are all. */
export function useServices(range: Range, within: Within = {}) {
  return useServicesOf(useLimit("/api/v1/services"), range, within);
}

/** The services with a name that holds `text`, in every environment. */
export function useServicesEverywhere(range: Range, text: string) {
  return useServicesOf(EVERYWHERE, range, { text });
}

function useServicesOf(limit: Limit, range: Range, { text = "", region = null }: Within) {
  const asked = { ...range, q: text, ...(region === null ? {} : { region }) };
  return useQuery({
    queryKey: ["services", asked, limit],
    queryFn: ({ signal }) =>
      followed(SERVICES_MOST, (cursor) => {
        const page = { limit: PAGE_LIMIT, ...(cursor === undefined ? {} : { cursor }) };
        const query = { ...asked, ...limit, ...page };
        return answer("list the services", client.GET("/api/v1/services", { params: { query }, signal }));
      }),
    placeholderData: keptWithin(limit),
    ...ofTelemetry(),
  });
}

/** One service; `namespace` null leaves it to the name alone, which is refused if several have it. */
export function useService(name: string, namespace: string | null, range: Range) {
  const limit = useLimit("/api/v1/services/{name}");
  const query = { ...range, ...limit, ...namespaceAsked(namespace) };
  return useQuery({
    queryKey: ["service", name, query, limit],
    queryFn: ({ signal }) =>
      answer(
        `read the service “${name}”${limit.environment === undefined ? "" : ` in ${limit.environment}`}`,
        client.GET("/api/v1/services/{name}", { params: { path: { name }, query }, signal }),
      ),
    ...ofTelemetry(),
    placeholderData: keptWithin(limit),
  });
}

/** The charts of a service, or of one of its operations; none are read for no range. */
export function useServiceSeries(
  name: string,
  namespace: string | null,
  range: Range | null,
  operation: string | null,
) {
  const limit = useLimit("/api/v1/services/{name}/series");
  const narrowed = operation === null ? {} : { operation };
  const query = { ...range, ...limit, ...namespaceAsked(namespace), ...narrowed };
  return useQuery({
    enabled: range !== null,
    queryKey: ["service", name, "series", query, limit],
    queryFn: ({ signal }) =>
      answer(
        `chart the service “${name}” from ${range?.from} to ${range?.to}`,
        client.GET("/api/v1/services/{name}/series", { params: { path: { name }, query }, signal }),
      ),
    ...ofTelemetry(),
    placeholderData: keptWithin(limit),
  });
}

/** Counted over all of a range, so it changes slowly. */
export function useServiceSpread(name: string, namespace: string | null, range: Range, by: SpreadBy) {
  const limit = useLimit("/api/v1/services/{name}/spread");
  const query = { ...range, ...limit, ...namespaceAsked(namespace), by };
  return useQuery({
    queryKey: ["service", name, "spread", query, limit],
    queryFn: ({ signal }) =>
      answer(
        `compare the ${by}s of the service “${name}”`,
        client.GET("/api/v1/services/{name}/spread", { params: { path: { name }, query }, signal }),
      ),
    ...ofTelemetry(SLOW_MILLISECONDS),
    placeholderData: keptWithin(limit),
  });
}

export function useServiceSaturation(name: string, namespace: string | null, range: Range) {
  const limit = useLimit("/api/v1/services/{name}/saturation");
  const query = { ...range, ...limit, ...namespaceAsked(namespace) };
  return useQuery({
    queryKey: ["service", name, "saturation", query, limit],
    queryFn: ({ signal }) =>
      answer(
        `read how full the service “${name}” is`,
        client.GET("/api/v1/services/{name}/saturation", { params: { path: { name }, query }, signal }),
      ),
    ...ofTelemetry(SLOW_MILLISECONDS),
    placeholderData: keptWithin(limit),
  });
}

function namespaceAsked(namespace: string | null) {
  return namespace === null ? {} : { namespace };
}
