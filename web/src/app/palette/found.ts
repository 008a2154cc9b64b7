// What the palette finds: entries in groups, what typed text matches, and what text leads straight to one place. Pure.

import type { Sign, Tone } from "../../states/states";
import { incidentPath, pagePath, tracePath } from "../../paths";
import { matches } from "../../parts/Search";

export type Group = "Needs attention" | "Views" | "Go to" | "Actions";
export const GROUPS: readonly Group[] = ["Needs attention", "Views", "Go to", "Actions"];

export type Entry = {
  id: string;
  group: Group;
  name: string;
  /** Continues the name in grey. */
  note?: string | undefined;
  kind: string;
  sign?: Sign;
  tone?: Tone;
  keys?: string | undefined;
  /** Listed before anything is typed. */
  always?: boolean;
} & ({ href: string } | { act: () => void });

const SHOWN_MOST: Record<Group, number> = { "Needs attention": 6, Views: 8, "Go to": 12, Actions: 8 };

/** The entries that match what is typed, group by group, those whose name begins with it first. */
export function found(entries: readonly Entry[], typed: string): Entry[] {
  const wanted = typed.trim();
  return GROUPS.flatMap((group) => {
    const of = entries.filter((entry) => entry.group === group && isFound(entry, wanted));
    const first = of.filter(({ name }) => begins(name, wanted));
    return [...first, ...of.filter((entry) => !first.includes(entry))].slice(0, SHOWN_MOST[group]);
  });
}

function isFound({ name, note, kind, group, always }: Entry, wanted: string): boolean {
  if (wanted === "") return group !== "Go to" || always === true;
  return matches(`${name} ${note ?? ""} ${kind}`, wanted);
}

const begins = (name: string, wanted: string) =>
  wanted !== "" && name.toLowerCase().startsWith(wanted.toLowerCase());

const TRACE = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}(?:-[0-9a-f]{2})?)?$/i;

/** The place that what is typed names by itself: a trace id, a `traceparent`, an incident's number, a page as `page/4417`, a link of this page. */
export function straight(typed: string, origin: string): Entry | null {
  const wanted = typed.trim();
  const trace = TRACE.exec(wanted)?.[1]?.toLowerCase();
  if (trace) return entryOf(`Trace ${trace}`, "trace", tracePath(trace));
  const incident = /^#?(\d{1,9})$/.exec(wanted)?.[1];
  if (incident) return entryOf(`Incident ${incident}`, "incident", incidentPath(Number(incident)));
  const page = /^page[ /#]?(\d{1,9})$/i.exec(wanted)?.[1];
  if (page) return entryOf(`Page ${page}`, "page", pagePath(Number(page)));
  const link = URL.canParse(wanted) ? new URL(wanted) : null;
  if (link?.origin !== origin) return null;
  const href = `${link.pathname}${link.search}${link.hash}`;
  return entryOf(href, "link", href);
}

const entryOf = (name: string, kind: string, href: string): Entry => ({
  id: `straight ${href}`,
  group: "Go to",
  name,
  kind,
  href,
});

/** A text in pieces; those that were typed are marked. */
export function marked(text: string, typed: string): { text: string; isTyped: boolean }[] {
  const words = typed.trim().split(/\s+/).filter(Boolean).map(escaped);
  if (words.length === 0) return [{ text, isTyped: false }];
  return text
    .split(new RegExp(`(${words.join("|")})`, "gi"))
    .map((piece, at) => ({ text: piece, isTyped: at % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
