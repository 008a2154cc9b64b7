// The addresses of the page: one function for each page, and no address is built anywhere else.

import { segment } from "./app/address";
import type { Single } from "./pages/traces/search";
import type { Range } from "./range/range";
import { isoOf } from "./range/ranges";
import { type Known, placeAsked } from "./words/services";

/** The addresses the router knows, as wouter writes them. */
export const ROUTES = {
  objectives: "/objectives",
  objective: "/objectives/:name",
  map: "/map",
  services: "/services",
  service: "/services/:name",
  party: "/parties/:name",
  metrics: "/metrics",
  metric: "/metrics/:name",
  traces: "/traces",
  comparison: "/traces/:first/compare/:second",
  trace: "/traces/:id",
  logs: "/logs",
  incidents: "/incidents",
  incident: "/incidents/:id",
  alerts: "/alerts",
  oncall: "/oncall",
  page: "/pages/:id",
  changes: "/changes",
  catalog: "/catalog",
} as const;

type Value = string | readonly string[] | null | undefined;
type Asked = Readonly<Record<string, Value>>;

type ObjectivesAsked = { state?: string; q?: string; sort?: string; group?: "none" };
type ServicesAsked = { sort?: string; region?: string | null };
/** A span, a line, a change: it names its service. Environment and namespace go along where it knows them. */
type Sent = Omit<Known, "name" | "label"> & { readonly service: string };
type MetricsAsked = { range?: Range | null; service?: string };
type MetricAsked = { range?: Range | null; q?: string; where?: string; by?: string };
type TracesAsked = Partial<Record<Single, string>> & { attribute?: string; range?: Range | null };
type LogsAsked = { q?: string; from?: string; to?: string; where?: string; line?: string };
type ChangesAsked = { range?: Range | null; q?: string };

export const objectivesPath = (asked: ObjectivesAsked = {}) => address(ROUTES.objectives, asked);

export const objectivePath = (name: string, range: Range | null = null) =>
  address(`${ROUTES.objectives}/${segment(name)}`, rangeAsked(range));

export const mapPath = ({ range, around }: { range?: Range | null; around?: string } = {}) =>
  address(ROUTES.map, { around, ...rangeAsked(range) });

const WITHOUT_PAGE: ReadonlySet<string> = new Set(["ingress", "unknown"]);

type PartyAsked = { kind?: string; range?: Range | null };

/** A party that sends no spans: a provider, database, cache or queue. The kind tells two of one name apart. */
export const partyPath = (name: string, { kind, range }: PartyAsked = {}) =>
  address(`/parties/${segment(name)}`, { kind, ...rangeAsked(range) });

/** The page of a node of the map; null where it has none. */
export function nodePath(node: Known & { readonly kind: string }, range: Range | null = null) {
  if (node.kind === "service") return servicePath(node, range);
  return WITHOUT_PAGE.has(node.kind) ? null : partyPath(node.name, { kind: node.kind, range });
}

export const servicesPath = (asked: ServicesAsked = {}) => address(ROUTES.services, asked);

export const servicePath = (service: Known, range: Range | null = null) =>
  address(`${ROUTES.services}/${segment(service.name)}`, { ...placeAsked(service), ...rangeAsked(range) });

/** What bad events came from: a service, or a party that sends no spans. */
export const originPath = (origin: Sent & { readonly sends_spans: boolean }, range: Range | null = null) =>
  origin.sends_spans ? senderPath(origin, range) : partyPath(origin.service, { range });

/** The service that sent something. */
export const senderPath = ({ service, environment, namespace }: Sent, range: Range | null = null) =>
  servicePath({ name: service, environment, namespace }, range);

export const metricsPath = ({ range, service }: MetricsAsked = {}) =>
  address(ROUTES.metrics, { service, ...rangeAsked(range) });

export const metricPath = (name: string, { range, ...asked }: MetricAsked = {}) =>
  address(`${ROUTES.metrics}/${segment(name)}`, { ...rangeAsked(range), ...asked });

export const tracesPath = ({ range, ...asked }: TracesAsked = {}) =>
  address(ROUTES.traces, { ...asked, ...rangeAsked(range) });

type TraceAsked = { span?: string | null; objective?: string | null | undefined };

/** A trace, with one of its spans open where one is meant; judged by an objective where it is bad for one. */
export const tracePath = (traceId: string, { span, objective }: TraceAsked = {}) =>
  address(`${ROUTES.traces}/${segment(traceId)}`, { objective, span });

export const comparisonPath = (first: string, second: string) =>
  `${ROUTES.traces}/${segment(first)}/compare/${segment(second)}`;

export const logsPath = (asked: LogsAsked = {}) => address(ROUTES.logs, asked);

export const incidentsPath = (asked: { state?: string } = {}) => address(ROUTES.incidents, asked);

/** The one incident that is open, or the list of those that are. */
export function openIncidentsPath(only: number | null): string {
  return only === null ? incidentsPath({ state: "active" }) : incidentPath(only);
}

export const incidentPath = (id: number) => `${ROUTES.incidents}/${id}`;

export const alertsPath = () => ROUTES.alerts;

export const oncallPath = () => ROUTES.oncall;

/** How a page was delivered. */
export const pagePath = (id: number) => `/pages/${id}`;

/** The address of what a page is for; null where the reference is of a kind without an address. */
export function referencePath(reference: string): string | null {
  const found = /^incident\/(\d+)$/.exec(reference);
  return found ? incidentPath(Number(found[1])) : null;
}

export const changesPath = ({ range, q }: ChangesAsked = {}) =>
  address(ROUTES.changes, { q, ...rangeAsked(range) });

const AROUND_MILLISECONDS = 30 * 60_000;

/** A change among those made around it; by its time alone where its number is not known. */
export function changePath(at: string, id: number | null) {
  const middle = new Date(at).getTime();
  const [from, to] = [middle - AROUND_MILLISECONDS, middle + AROUND_MILLISECONDS].map(isoOf);
  return address(ROUTES.changes, { change: id === null ? null : String(id), from, to });
}

export const catalogPath = (asked: { q?: string } = {}) => address(ROUTES.catalog, asked);

/** A part of the page one is on, by the id of its element. */
export const partPath = (id: string) => `#${id}`;

/** The number of the incident an address of the API's leads to; null where it leads elsewhere. */
export function incidentIn(href: string): number | null {
  const found = /^\/incidents\/(\d+)/.exec(href);
  return found ? Number(found[1]) : null;
}

/** The number of the change an address of the API's leads to; null where it names none. */
export function changeIn(href: string): number | null {
  const found = /^\/changes\?change=(\d+)/.exec(href);
  return found ? Number(found[1]) : null;
}

function rangeAsked(range: Range | null | undefined): Asked {
  if (!range) return {};
  return { from: range.from, to: range.to === "now" ? undefined : range.to };
}

/** A path with its parameters: what is empty or missing is left out, everything is encoded. */
function address(path: string, asked: Asked): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const each of typeof value === "string" ? [value] : (value ?? [])) {
      if (each !== "") search.append(name, each);
    }
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
