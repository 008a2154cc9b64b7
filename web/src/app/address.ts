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

/** The router's view of where we are; names are decoded once, by `nameIn`. Wherever one goes, the environment goes along. */
export function useWholeLocation(): ReturnType<typeof useBrowserLocation> {
  const [path] = useBrowserLocation();
  return [keptEncoded(path), navigateWithin];
}

const navigateWithin: typeof navigate = (to, options) =>
  navigate(keeping(String(to), environmentIn(location.search)), options);

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

/** An address of the page in an environment; one that names its own stays as it is. */
export function keeping(address: string, environment: string | null): string {
  const [, path = "", asked = "", part = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(address) ?? [];
  if (environment === null || path === "" || new URLSearchParams(asked).has("environment")) return address;
  const joined = asked.length > 1 ? `${asked}&` : "?";
  return `${path}${joined}environment=${encodeURIComponent(environment)}${part}`;
}
