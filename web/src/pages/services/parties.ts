// Databases, caches, queues and providers as rows of the list of services: by the calls that came to them.

import type { MapNode, Service } from "../../api/types";
import { countOf } from "../../words/counts";
import { nameOf } from "../map/looks";

/** A row of the list: a service, or of another kind what sends no spans, with what its callers saw of it. */
export type Row = Service & { kind?: string; id?: string };

export const KINDS = ["service", "database", "cache", "queue", "external"] as const;
export type Kind = (typeof KINDS)[number];

export const kindOf = ({ kind }: Row): string => kind ?? "service";

const PARTIES: readonly string[] = KINDS.filter((kind) => kind !== "service");
const PORT = /:\d+$/;

type Read = { range: readonly MapNode[]; now: readonly MapNode[]; services: readonly Service[] };

/**
 * The parties of a map as rows. Rates are of the range looked at, `now` of the last minutes. A service that
 * sends nothing any more is still called: its callers' view of it is no second row.
 */
export function partyRows({ range, now, services }: Read): Row[] {
  const sent = new Set(services.map(({ name, environment }) => `${environment} ${name}`));
  const lately = new Map(now.map((node) => [node.id, node]));
  return range
    .filter(({ kind }) => PARTIES.includes(kind))
    .filter(
      ({ kind, name, environment }) =>
        kind !== "external" || !sent.has(`${environment} ${name.replace(PORT, "")}`),
    )
    .map((party) => rowOf(party, lately.get(party.id)));
}

function rowOf(party: MapNode, lately: MapNode | undefined): Row {
  const { calls, errors, proxy_errors: byMesh, reason = "usual", sentence = "no calls now" } = lately ?? {};
  const failed = party.errors + party.proxy_errors;
  return {
    ...party,
    label: nameOf(party),
    requests: party.calls,
    errors: failed,
    error_ratio: party.calls === 0 ? null : failed / party.calls,
    versions: [],
    zones: [],
    regions: [],
    // Called in the range; when is not known.
    last_seen: "",
    silent_zones: [],
    is_mesh_hop: false,
    now: {
      requests: calls ?? 0,
      errors: (errors ?? 0) + (byMesh ?? 0),
      p99_seconds: lately?.p99_seconds ?? null,
      is_slow: false,
      reason,
      needs_attention: reason === "failing",
      sentence,
      failed_before: null,
    },
    usual: null,
    lines: { requests: [], errors: [], p99_seconds: [] },
  };
}

/** "3 stores, 1 queue, 2 providers": what is in the list beside services. */
export function partiesWords(rows: readonly Row[]): string {
  const of = (...kinds: string[]) => rows.filter((row) => kinds.includes(kindOf(row))).length;
  const parts = [
    [of("database", "cache"), "stores"],
    [of("queue"), "queues"],
    [of("external"), "providers"],
  ] as const;
  return parts.flatMap(([found, noun]) => (found > 0 ? [countOf(found, noun)] : [])).join(", ");
}
