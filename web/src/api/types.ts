// The page's names for the generated shapes, taken from where they are answered: `npm run generate` rewrites schema.d.ts.

import type { paths } from "./schema";

type Read<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type ObjectiveList = Read<"/api/v1/objectives">;
export type Objective = ObjectiveList["items"][number];
export type ObjectiveDetail = Read<"/api/v1/objectives/{name}">;
export type ObjectiveSeries = Read<"/api/v1/objectives/{name}/series">;
export type ObjectiveState = Objective["state"];
export type AlertTier = ObjectiveDetail["tiers"][number];
export type SavedView = Read<"/api/v1/views">["items"][number];
export type Alert = Read<"/api/v1/alerts">["items"][number];
export type Mark = ObjectiveSeries["marks"][number];
export type Contributors = Read<"/api/v1/objectives/{name}/contributors">;
export type Contributor = Contributors["items"][number];
export type Breakdown = Read<"/api/v1/objectives/{name}/breakdown">;
export type Dimension = Breakdown["items"][number];
export type Exemplar = Read<"/api/v1/objectives/{name}/exemplars">["items"][number];
export type Service = Read<"/api/v1/services">["items"][number];
export type ServiceDetail = Read<"/api/v1/services/{name}">;
export type SilenceList = Read<"/api/v1/silences">;
export type ServiceSeries = Read<"/api/v1/services/{name}/series">;
export type Spread = Read<"/api/v1/services/{name}/spread">;
export type SpreadBy = Spread["by"];
export type SpreadPart = Spread["parts"][number];
export type Saturation = Read<"/api/v1/services/{name}/saturation">;
export type Fill = Saturation["resources"][number];
export type Operation = ServiceDetail["operations"][number];
export type ServiceMap = Read<"/api/v1/map">;
export type MapNode = ServiceMap["nodes"][number];
export type PartyAnswers = Read<"/api/v1/map/answers">;
export type CallsOfMap = Read<"/api/v1/map/calls">;
export type MapEdge = ServiceMap["edges"][number];
export type Trace = Read<"/api/v1/traces/{trace_id}">;
export type Span = Trace["spans"][number];
export type Metric = Read<"/api/v1/metrics">["items"][number];
export type MetricDetail = Read<"/api/v1/metrics/{name}">;
export type MetricSeries = Read<"/api/v1/metrics/{name}/series">;
export type MetricLine = MetricSeries["lines"][number];
export type MetricAttribute = MetricDetail["attributes"][number];
export type MetricAsk = Omit<
  NonNullable<paths["/api/v1/metrics/{name}/series"]["get"]["parameters"]["query"]>,
  "from" | "to"
>;
export type TraceLog = Read<"/api/v1/traces/{trace_id}/logs">["items"][number];
export type TraceHit = Read<"/api/v1/traces">["items"][number];
export type TraceSearch = Omit<
  NonNullable<paths["/api/v1/traces"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;
export type TraceTally = Read<"/api/v1/traces/tally">["items"][number];
export type Scatter = Read<"/api/v1/traces/scatter">;
export type ScatterPoint = Scatter["points"][number];
export type Comparison = Read<"/api/v1/traces/{trace_id}/comparison">;
export type Compared = Comparison["rows"][number];
export type Incident = Read<"/api/v1/incidents">["items"][number];
export type IncidentDetail = Read<"/api/v1/incidents/{number}">;
export type IncidentObjective = IncidentDetail["objectives"][number];
export type TimelineEntry = IncidentDetail["timeline"][number];
export type OnCall = Read<"/api/v1/oncall">["items"][number];
export type Gap = Read<"/api/v1/oncall/gaps">["items"][number];
export type Duty = Read<"/api/v1/oncall/schedules/{name}/duties">["items"][number];
export type Override = Read<"/api/v1/oncall/schedules/{name}/overrides">["items"][number];
export type NewOverride =
  paths["/api/v1/oncall/schedules/{name}/overrides"]["post"]["requestBody"]["content"]["application/json"];
export type Contact = Read<"/api/v1/oncall/contacts">["items"][number];
export type Paged = Read<"/api/v1/pages">["items"][number];
export type PagedDetail = Read<"/api/v1/pages/{number}">;
export type Message = PagedDetail["messages"][number];
export type PagedEntry = PagedDetail["timeline"][number];
export type Foreseen = Read<"/api/v1/pages/foreseen/{objective}">;
export type Catalog = Read<"/api/v1/catalog">;
export type Change = Read<"/api/v1/changes">["items"][number];
export type NewChange = paths["/api/v1/changes"]["post"]["requestBody"]["content"]["application/json"];
export type Session = Read<"/api/v1/session">;
export type Status = Read<"/api/v1/status">;
