// What the figures of an edge or node say, in one sentence: where it fails, and whether others are as usual. Pure.

import type { CallsOfMap, MapEdge, ServiceMap } from "../../api/types";
import { percent } from "../../words/counts";
import { listOf } from "../../words/services";
import { effectWords, hurts, nameOf, silentWords } from "./looks";

type Counts = { calls: number; errors: number; proxy_errors: number };
type Part = CallsOfMap["zones"][number];

/** A share of failures is another's if it is less than half or more than twice of it. */
const APART_TIMES = 2;
const SOME_FAIL = 0.01;
const FEW_CALLS = 20;

/** The calls that failed, in the application or by the mesh; no call is in both. */
export function failedOf(one: Counts): number {
  return one.errors + one.proxy_errors;
}

export function failedRatio(one: Counts): number {
  return one.calls === 0 ? 0 : failedOf(one) / one.calls;
}

/** What is chosen: an edge, or a node with the calls it receives. */
export type Chosen = { kind: "edge"; edge: MapEdge } | { kind: "node"; id: string };

export function judgement(chosen: Chosen, found: CallsOfMap, map: ServiceMap): string {
  const target = chosen.kind === "edge" ? chosen.edge.target : chosen.id;
  const node = map.nodes.find((one) => one.id === target);
  const silent = node ? silentWords(node) : null;
  const usual = silent ? "Calls are as usual." : "As usual.";
  const said = [failing(chosen, found, map) ?? unusual(found) ?? usual, spread(found)];
  const effect = node ? effectWords(node) : null;
  if (effect && node) said.push(`${nameOf(node)}: ${effect}.`);
  if (silent && node) said.push(`But ${nameOf(node)}: ${silent}.`);
  return said.filter(Boolean).join(" ");
}

function failing(chosen: Chosen, { now }: CallsOfMap, map: ServiceMap): string | null {
  if (failedRatio(now) < SOME_FAIL) return null;
  const isBefore = now.proxy_errors > now.errors;
  const target = nameIn(map, chosen.kind === "node" ? chosen.id : chosen.edge.target);
  const share = percent(failedRatio(now), 1);
  const whole = chosen.kind === "node" ? "the calls to it" : `${nameIn(map, chosen.edge.source)}’s calls`;
  const sentence = `${isBefore ? `The mesh before ${target}` : target} fails ${share} of ${whole}`;
  if (chosen.kind === "node") return `${sentence}.`;
  return `${sentence}${others(chosen.edge, map)}.`;
}

/** What the target's other callers see, which shows whose fault it is. */
function others(edge: MapEdge, map: ServiceMap): string {
  const also = map.edges.filter((one) => one.target === edge.target && one.id !== edge.id && one.calls > 0);
  if (also.length === 0) return "; nobody else calls it";
  const failing = also.filter(hurts).map((one) => nameIn(map, one.source));
  if (failing.length === 0) return "; its other callers are as usual";
  return `; so do those of ${listOf(failing)}`;
}

/** What the server finds unusual, by the rule that services have; null where nothing is. */
function unusual({ reason, sentence, usual, now }: CallsOfMap): string | null {
  if (usual === null) return now.calls === 0 ? "No calls now." : "No usual yet.";
  if (reason === "slow") return `Slow: ${sentence}.`;
  if (reason === "usual" || reason === "failing") return null;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** Whether failures are of one zone or version; parts with few calls decide nothing. */
function spread(found: CallsOfMap): string {
  if (failedRatio(found.now) < SOME_FAIL) return "";
  const parts = [
    ["zone", found.zones],
    ["version", found.versions],
  ] as const;
  for (const [word, list] of parts) {
    const counted = list.filter((one) => one.calls >= FEW_CALLS);
    const bad = counted.filter((one) => standsOut(one, counted));
    if (bad.length > 0) return `It is ${word} ${listOf(bad.map(({ name }) => name))}.`;
  }
  const zones = found.zones.filter((one) => one.calls >= FEW_CALLS);
  return zones.length > 1 ? `The same in all ${zones.length} zones.` : "";
}

function standsOut(one: Part, all: readonly Part[]): boolean {
  const rest = all.filter((other) => other !== one);
  const calls = rest.reduce((sum, other) => sum + other.calls, 0);
  if (calls === 0) return false;
  const ratio = rest.reduce((sum, other) => sum + failedOf(other), 0) / calls;
  return failedRatio(one) >= SOME_FAIL && failedRatio(one) > ratio * APART_TIMES;
}

function nameIn(map: ServiceMap, id: string): string {
  const node = map.nodes.find((one) => one.id === id);
  return node ? nameOf(node) : id;
}

/** The chain of failing calls around the worst one, from the first caller to where it ends, by node ids. */
export function failingPath(edges: readonly MapEdge[]): string[] {
  const bad = edges.filter(hurts).sort((one, other) => failedRatio(other) - failedRatio(one));
  const [worst] = bad;
  if (!worst) return [];
  const path = [worst.source, worst.target];
  for (let id = worst.target; ;) {
    const on = bad.find((edge) => edge.source === id && !path.includes(edge.target));
    if (!on) break;
    path.push((id = on.target));
  }
  for (let id = worst.source; ;) {
    const back = bad.find((edge) => edge.target === id && !path.includes(edge.source));
    if (!back) break;
    path.unshift((id = back.source));
  }
  return path;
}
