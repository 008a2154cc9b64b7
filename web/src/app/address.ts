// Names in addresses: one segment, whatever characters a sender gave it. The server's `runtime/addresses.py` says the same.

import { navigate, useBrowserLocation, useSearch } from "wouter/use-browser-location";

const DOTS = /^~*\.{1,2}$/;

/** The segment of an address that holds a name. Browsers take segments of dots out, encoded too; such a name gets a tilde. */
export function segment(name: string): string {
  return encodeURIComponent(DOTS.test(name) ? `~${name}` : name);
}

/** The name in a segment; one that nobody encoded is taken as it stands. */
export function nameIn(whole: string): string {
  let name = whole;
  try {
    name = decodeURIComponent(whole);
  } catch {
    // An address typed by hand may hold a lone percent sign.
  }
  return name.startsWith("~") && DOTS.test(name) ? name.slice(1) : name;
}

/** The path of an address with names put in: `{name}` becomes the segment of `name`. */
export function withNames(path: string, names: Record<string, unknown>): string {
  return path.replace(/\{(\w+)\}/g, (whole, key: string) =>
    key in names ? segment(String(names[key])) : whole,
  );
}

/** An address as the router takes it: it decodes everything once, percent signs of names too, unless they are encoded again. */
export function keptEncoded(address: string): string {
  return address.replaceAll("%25", "%2525");
}

/** The router's view of where we are; names are decoded once, by `nameIn`. Wherever one goes, environment and time go along. */
export function useWholeLocation(): ReturnType<typeof useBrowserLocation> {
  const [path] = useBrowserLocation();
  return [keptEncoded(path), navigateWithin];
}

const navigateWithin: typeof navigate = (to, options) =>
  navigate(keeping(String(to), environmentIn(location.search), timeIn(location.search)), options);

/** The router's view of what is asked; values are decoded once, as parameters. */
export function useWholeSearch(): string {
  return keptEncoded(useSearch());
}

/** The environment an address names, as the server compares them: without ASCII case and outer spaces. */
export function environmentIn(search: string): string | null {
  return environmentOf(new URLSearchParams(search).get("environment"));
}

export function environmentOf(written: string | null | undefined): string | null {
  return written?.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase()) || null;
}

/** What an address says of time, as it is written there: a range, and what to compare it with. */
export type Time = {
  readonly from: string | null;
  readonly to: string | null;
  readonly compare: string | null;
};

export function timeIn(search: string): Time {
  const asked = new URLSearchParams(search);
  return { from: asked.get("from"), to: asked.get("to"), compare: asked.get("compare") };
}

/** An address of the page in an environment and at a time; what it names itself stays as it is. */
export function keeping(address: string, environment: string | null, time: Time | null = null): string {
  const [, path = "", asked = "", part = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(address) ?? [];
  if (path === "") return address;
  const own = new URLSearchParams(asked);
  // An end of another range says nothing about this one: both go along, or none.
  const isTimed = own.has("from") || own.has("to") || !time?.from;
  const kept = { environment, ...(isTimed ? {} : { from: time.from, to: time.to }), compare: time?.compare };
  const added = Object.entries(kept)
    .filter(([name, value]) => value && !own.has(name))
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`);
  if (added.length === 0) return address;
  return `${path}${asked.length > 1 ? `${asked}&` : "?"}${added.join("&")}${part}`;
}
