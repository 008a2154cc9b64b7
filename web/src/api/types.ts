// The page's names for the generated shapes; `npm run generate` rewrites schema.d.ts, and only this file may need a look.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Objective = Schemas["Objective"];
export type ObjectiveDetail = Schemas["ObjectiveDetail"];
export type ObjectiveList = Schemas["ObjectiveList"];
export type ObjectiveSeries = Schemas["ObjectiveSeries"];
export type ObjectiveState = Objective["state"];
export type AlertTier = ObjectiveDetail["tiers"][number];
export type Mark = ObjectiveSeries["marks"][number];
export type Contributor = Schemas["Contributor"];
export type Exemplar = Schemas["Exemplar"];
export type Service = Schemas["ServiceView"];
export type ServiceDetail = Schemas["ServiceDetail"];
export type ServiceSeries = Schemas["ServiceSeries"];
export type Operation = ServiceDetail["operations"][number];
export type Trace = Schemas["Trace"];
export type Span = Trace["spans"][number];
export type Incident = Schemas["Incident"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type TimelineEntry = IncidentDetail["timeline"][number];
export type Catalog = Schemas["CatalogView"];
export type Change = Schemas["Change"];
export type NewChange = Schemas["NewChange"];
export type Session = Schemas["Session"];
export type Role = Session["role"];
export type Status = Schemas["Status"];
