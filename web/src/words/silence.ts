// What a service no longer sends, with since when. A zone that fell silent is a fact; why is for people to find out.

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

/** The zones in which a service should send, and those of them in which something is silent. */
export function zonesOf(services: readonly (Quiet & { readonly zones: readonly string[] })[]) {
  const lost = new Set(services.flatMap((one) => one.silent_zones.map(({ zone }) => zone)));
  const all = [...new Set([...services.flatMap((one) => one.zones), ...lost])].sort();
  return { all, lost, whole: all.filter((zone) => !lost.has(zone)) };
}
