// What a service no longer sends, with since when. A zone that fell silent is a fact; why is for people to find out.

import { count, countOf } from "./counts";
import { clock } from "./moments";

type Quiet = {
  readonly silent_since: string | null;
  readonly silent_zones: readonly { readonly zone: string; readonly since: string }[];
};

/** "zone-c silent since 09:31", "silent since 09:31" if all of the service is; null while everything sends. */
export function silenceWords({ silent_since: since, silent_zones: zones }: Quiet): string | null {
  if (since !== null) return `silent since ${clock(since)}`;
  if (zones.length === 0) return null;
  return zones.map((one) => `${one.zone} silent since ${clock(one.since)}`).join(", ");
}

type LostZone = { readonly zone: string; readonly since: string; readonly services: number };

/** "zone-b silent since 09:27: 12 services": one fact, the same words wherever it is said. */
export const lostZoneWords = ({ zone, since, services }: LostZone): string =>
  `${zone} silent since ${clock(since)}: ${countOf(services, "services")}`;

type Losing = Pick<Quiet, "silent_zones"> & { readonly name: string };

/** The zones that are lost, then those in which some services are silent, each with which. */
export function zonesWords(lost: readonly LostZone[], losing: readonly Losing[]): string {
  const gone = new Set(lost.map(({ zone }) => zone));
  const some = new Map<string, { name: string; since: string }[]>();
  for (const { name, silent_zones } of losing)
    for (const { zone, since } of silent_zones)
      if (!gone.has(zone)) some.set(zone, [...(some.get(zone) ?? []), { name, since }]);
  return [...lost.map(lostZoneWords), ...[...some].map(([zone, found]) => partWords(zone, found))].join("; ");
}

/** "zone-c silent since 09:31: inventory"; of several services, without the times at which each stopped. */
function partWords(zone: string, found: readonly { name: string; since: string }[]): string {
  const [first, second, ...more] = found.map(({ name }) => name);
  if (second === undefined) return `${zone} silent since ${clock(found[0]?.since ?? "")}: ${first}`;
  const rest = more.length > 0 ? ` and ${count(more.length)} more` : "";
  return `${zone} silent: ${first}, ${second}${rest}`;
}

/** What else is unusual of a service with a silent zone: the server's sentence goes on with it. */
export const besideSilence = (sentence: string): string => sentence.split("; ").slice(1).join("; ");

type Idle = { readonly behind: string; readonly since: string | null };

/** "silent since 09:31, an effect: checkout fails before it": never an alarm, and never taken for a cause. */
export function idleWords(idle: Idle | null): string | null {
  if (idle === null) return null;
  const since = idle.since === null ? "idle" : `silent since ${clock(idle.since)}`;
  return `${since}, an effect: ${idle.behind} fails before it`;
}

type Stopped = {
  readonly count: number;
  readonly of: number;
  readonly since: string;
  readonly names: readonly string[];
  readonly traffic_goes_on: boolean;
};

/** "1 of 6 instances stopped at 09:31, traffic went to the others": a fact, and never an alarm. */
export function stoppedWords(stopped: Stopped | null): string | null {
  if (stopped === null) return null;
  const rest = stopped.traffic_goes_on ? ", traffic went to the others" : "";
  return `${count(stopped.count)} of ${count(stopped.of)} instances stopped at ${clock(stopped.since)}${rest}`;
}

/** The zones in which a service should send, and those of them in which something is silent. */
export function zonesOf(services: readonly (Quiet & { readonly zones: readonly string[] })[]) {
  const lost = new Set(services.flatMap((one) => one.silent_zones.map(({ zone }) => zone)));
  const all = [...new Set([...services.flatMap((one) => one.zones), ...lost])].sort();
  return { all, lost, whole: all.filter((zone) => !lost.has(zone)) };
}
