// How a node or an edge of the map looks: a sign, a word and a tone, in that order of trust.

import type { MapEdge, MapNode } from "../../api/types";
import { lookOfWorst, type StateLook } from "../../states/states";
import { count, percent, perSecond } from "../../words/counts";
import { latencyWords } from "../../words/durations";

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
  return node.worst_state === null ? lookOfCalls(node) : lookOfWorst(node.worst_state, node.worst_burn_state);
}

export const KIND_WORDS: Readonly<Record<string, string>> = {
  service: "service",
  database: "database",
  cache: "cache",
  queue: "queue",
  external: "provider",
  ingress: "from outside",
  unknown: "not traced",
};

/** What a node is called: those without a name of their own by what they are, those of one name by where they run. */
export function nameOf(node: MapNode): string {
  if (node.kind === "ingress") return "Outside";
  if (node.kind === "unknown") return "Unknown callers";
  return node.label === node.name ? node.display_name : node.label;
}

/** "412/s · 120 ms": rate, and the time 99 of 100 calls stay under. */
export function edgeWords(edge: MapEdge): string {
  return `${perSecond(edge.rate_per_second)} · ${latencyWords(edge.p99_seconds)}`;
}

/** "3.1% failed, 0.4% by mesh": the shares that the application and the mesh failed, where they did. */
export function failedWords(edge: MapEdge): string {
  const parts = [];
  if (edge.errors > 0) parts.push(`${percent(edge.error_ratio, 1)} failed`);
  if (edge.proxy_errors > 0) parts.push(`${percent(edge.proxy_error_ratio, 1)} by mesh`);
  return parts.join(", ");
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
