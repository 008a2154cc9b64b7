// Which reads can be limited to an environment; they are, wherever the address names one.

import { useMemo } from "react";
import { useEnvironment } from "../app/environment";
import type { paths } from "./schema";

type Asked<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;
type Takes<Path extends keyof paths> = [Asked<Path>] extends [never]
  ? never
  : "environment" extends keyof Asked<Path>
    ? Path
    : never;
/** The reads that take `environment`, by the schema. */
type Limited = { [Path in keyof paths]: Takes<Path> }[keyof paths];

/** Exactly those of the schema: a path that is missing or too many does not compile. */
const LIMITED: Readonly<Record<Limited, true>> = {
  "/api/v1/alerts": true,
  "/api/v1/changes": true,
  "/api/v1/incidents": true,
  "/api/v1/map": true,
  "/api/v1/metrics": true,
  "/api/v1/metrics/{name}/series": true,
  "/api/v1/objectives": true,
  "/api/v1/sampling": true,
  "/api/v1/services": true,
  "/api/v1/services/{name}": true,
  "/api/v1/services/{name}/saturation": true,
  "/api/v1/services/{name}/series": true,
  "/api/v1/services/{name}/spread": true,
  "/api/v1/silences": true,
  "/api/v1/traces": true,
  "/api/v1/traces/scatter": true,
  "/api/v1/traces/tally": true,
};

/** The reads of log lines take it as one of their conditions. */
const BY_CONDITION: ReadonlySet<keyof paths> = new Set([
  "/api/v1/logs",
  "/api/v1/logs/histogram",
  "/api/v1/logs/facets",
  "/api/v1/logs/patterns",
  "/api/v1/logs/tail",
] as const);

export type Limit = { environment?: string };
const CONDITION = "environment=";
type Query = { queryKey: readonly unknown[] };

export function isLimited(path: keyof paths): boolean {
  return path in LIMITED || BY_CONDITION.has(path);
}

/** The environment as a parameter of a read; none for reads that do not know it, some of which would refuse it. */
export function limitOf(path: keyof paths, environment: string | null): Limit {
  return environment === null || !(path in LIMITED) ? {} : { environment };
}

/** The limit of a read now. Put it into the question, and at the end of its key. */
export function useLimit(path: keyof paths): Limit {
  const [environment] = useEnvironment();
  return useMemo(() => limitOf(path, environment), [path, environment]);
}

/** The conditions of a search for log lines, with the environment among them unless they name one themselves. */
export function conditionsWithin(where: readonly string[], environment: string | null): string[] {
  const named = where.some((condition) => condition.startsWith(CONDITION));
  return environment === null || named ? [...where] : [...where, `${CONDITION}${environment}`];
}

/** The last answer stays while a newer one is on its way, but not that of another environment. */
export function keptWithin(limit: Limit) {
  return <Data>(before: Data | undefined, query: Query | undefined): Data | undefined =>
    (query?.queryKey.at(-1) as Limit | undefined)?.environment === limit.environment ? before : undefined;
}
