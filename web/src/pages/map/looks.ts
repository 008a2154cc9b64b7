// How a node or an edge of the map looks: a sign, a word and a tone, in that order of trust.

import type { MapEdge, MapNode } from "../../api/types";
import { lookOfWorst, type StateLook } from "../../states/states";
import { count, percent, perSecond, share } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { idleWords, silenceWords } from "../../words/silence";

/** From these shares of failed calls on, an edge is a warning, or bad. */
const SOME_FAIL = 0.01;
const MANY_FAIL = 0.05;

type Calls = Pick<MapNode, "calls" | "error_ratio" | "proxy_error_ratio">;

/** How calls go: what the application and the mesh failed, whichever is more. */
export function lookOfCalls(of: Calls): StateLook {
  const worst = Math.max(of.error_ratio ?? 0, of.proxy_error_ratio ?? 0);
  if (of.calls === 0) return { sign: "ring", word: "no calls", tone: "plain" };
  if (worst >= MANY_FAIL) return { sign: "square", word: "many fail", tone: "bad" };
  if (worst >= SOME_FAIL) return { sign: "triangle", word: "some fail", tone: "warn" };
  return { sign: "circle", word: "ok", tone: "ok" };
}

/** How a node stands: by its worst objective, or without one by the calls that came in. */
export function lookOfNode(node: MapNode): StateLook {
  const look =
    node.worst_state === null ? lookOfCalls(node) : lookOfWorst(node.worst_state, node.worst_burn_state);
  if (silentWords(node) === null || look.tone === "bad" || look.tone === "warn") return look;
  return { sign: "triangle", word: node.silent_since === null ? "a zone is silent" : "silent", tone: "warn" };
}

export const KIND_WORDS: Readonly<Record<string, string>> = {
  service: "service",
  database: "database",
  cache: "cache",
  queue: "queue",
  external: "provider outside",
  ingress: "from outside",
  unknown: "not traced",
};

/** What a node is called: those without a name of their own by what they are, those of one name by where they run. */
export function nameOf(node: MapNode): string {
  if (node.kind === "ingress") return "Outside";
  if (node.kind === "unknown") return "Unknown callers";
  return node.label === node.name ? node.display_name : node.label;
}

/** Below this share of calls that are repeated attempts, retries are as usual. */
const MANY_RETRIES = 0.1;

/** How an edge looks: by what fails on it, or by how much of it is tried again. */
export function lookOfEdge(edge: MapEdge): StateLook {
  const look = lookOfCalls(edge);
  if (look.tone !== "ok" || edge.retries < edge.calls * MANY_RETRIES) return look;
  return { sign: "triangle", word: "many retried", tone: "warn" };
}

/** Whether an edge wants attention, and so carries words. */
export function hurts(edge: MapEdge): boolean {
  return ["bad", "warn"].includes(lookOfEdge(edge).tone);
}

/** The worst first: what fails most of its calls, then what is busiest. */
export function worstFirst(edges: readonly MapEdge[]): MapEdge[] {
  const failed = (edge: MapEdge) => Math.max(edge.error_ratio ?? 0, edge.proxy_error_ratio ?? 0);
  return [...edges].sort(
    (one, other) =>
      Number(hurts(other)) - Number(hurts(one)) || failed(other) - failed(one) || other.calls - one.calls,
  );
}

/** The words on an edge, a line each: the share that failed and where; or its rate and p99. */
export function edgeLines(edge: MapEdge): string[] {
  const retried = edge.calls > 0 && edge.retries >= edge.calls * 0.01;
  return [
    ...(edge.errors > 0 && (edge.error_ratio ?? 0) >= SOME_FAIL
      ? [percent(edge.error_ratio, 1), "failed"]
      : []),
    ...((edge.proxy_error_ratio ?? 0) >= SOME_FAIL ? [percent(edge.proxy_error_ratio, 1), "by mesh"] : []),
    ...(hurts(edge) ? [] : [perSecond(edge.rate_per_second), latencyWords(edge.p99_seconds)]),
    ...(retried ? [`${share(edge.retries / edge.calls)} retried`] : []),
  ];
}

/** "3.1% by mesh, 6% retried": what needs attention about an edge, in one line. */
export function troubleWords(edge: MapEdge): string {
  return edgeLines(edge)
    .join(" ")
    .replace(/(failed|by mesh) (?=\d)/g, "$1, ");
}

/** "11.2% failed": of the calls a node received, in the application or by the mesh; null while few do. */
export function failedWords(of: Calls): string | null {
  const worst = Math.max(of.error_ratio ?? 0, of.proxy_error_ratio ?? 0);
  return of.calls === 0 || worst < SOME_FAIL ? null : `${percent(worst, 1)} failed`;
}

/** A short name for each zone: what is left of it after what all have in common, `a` of `zone-a`. */
export function zoneLetters(zones: readonly string[]): ReadonlyMap<string, string> {
  const [first = ""] = zones;
  const common = zones.length > 1 ? zones.reduce(commonStart, first) : first.replace(/[^-]*$/, "");
  return new Map(zones.map((zone) => [zone, zone.slice(common.length) || zone]));
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

/** Why a service sends nothing though nothing is wrong with it: what calls it fails first. */
export const effectWords = (node: Pick<MapNode, "idle">): string | null => idleWords(node.idle);

/** What a node no longer sends, with since when; null while everything sends. */
export function silentWords(node: Pick<MapNode, "silent_since" | "zones">): string | null {
  return silenceWords({ silent_since: node.silent_since, silent_zones: silentZones(node) });
}

export const silentZones = ({ zones }: Pick<MapNode, "zones">) =>
  zones.flatMap(({ name, silent_since: since }) => (since === null ? [] : [{ zone: name, since }]));

/** An id or version that is too long for its place, by its two ends. */
export function fitting(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`;
}

/** All that is known of an edge, for a title on hover. */
export function edgeTitle(edge: MapEdge, from: string, to: string): string {
  const lines = [
    `${from} → ${to}: ${count(edge.calls)} calls`,
    `${count(edge.errors)} failed in the application, ${count(edge.proxy_errors)} in the mesh, ${count(edge.retries)} were retries`,
    `p50 ${latencyWords(edge.p50_seconds)}, p90 ${latencyWords(edge.p90_seconds)}, p99 ${latencyWords(edge.p99_seconds)}`,
  ];
  if (edge.origins.length > 0) lines.push(`messages of ${edge.origins.join(", ")}`);
  if (edge.is_settling) lines.push("new: late spans may still add to it");
  return lines.join("\n");
}
