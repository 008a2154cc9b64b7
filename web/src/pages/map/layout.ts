// Where everything stands. ELK finds places for a graph it has not seen; afterwards nothing moves: what is known keeps its place.

import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

export type Place = { x: number; y: number };
/** The way of an edge: its corners, and where its words stand. */
export type Route = { corners: readonly Place[]; words: Place };
export type Layout = { places: ReadonlyMap<string, Place>; routes: ReadonlyMap<string, Route> };
type Graph = {
  nodes: readonly string[];
  edges: ReadonlyArray<{ id: string; source: string; target: string }>;
};

export const NOWHERE: Layout = { places: new Map(), routes: new Map() };
export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 60;
const LABEL_WIDTH = 88;
const LABEL_HEIGHT = 30;
const GAP = 26;

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.spacing.nodeNode": String(GAP),
  "elk.spacing.edgeNode": "16",
  "elk.spacing.edgeEdge": "10",
  "elk.layered.spacing.nodeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.spacing.componentComponent": "40",
};

let engine: InstanceType<typeof ELK> | undefined;

/**
 * Places for all nodes: those `known` stay, new ones are put where ELK would have them, or the next free place below.
 * Edges keep the way they were given; new ones between old nodes go straight.
 */
export async function placed(graph: Graph, known: Layout): Promise<Layout> {
  if (graph.nodes.every((id) => known.places.has(id))) return known;
  const found = await arranged(graph);
  if (known.places.size === 0) return found;
  const places = new Map(known.places);
  for (const id of graph.nodes) {
    if (!places.has(id)) places.set(id, free(found.places.get(id) ?? { x: 0, y: 0 }, places));
  }
  return { places, routes: known.routes };
}

async function arranged(graph: Graph): Promise<Layout> {
  engine ??= new ELK({ workerUrl });
  // In the order of names, so that the same graph is drawn the same way whatever comes first today.
  const root: ElkNode = {
    id: "map",
    layoutOptions: OPTIONS,
    children: [...graph.nodes].sort().map((id) => ({ id, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: [...graph.edges].sort((one, other) => one.id.localeCompare(other.id)).map(asked),
  };
  const { children = [], edges = [] } = await engine.layout(root);
  return {
    places: new Map(children.map((node) => [node.id, { x: node.x ?? 0, y: node.y ?? 0 }])),
    routes: new Map(edges.flatMap((edge) => routeOf(edge))),
  };
}

function asked(edge: Graph["edges"][number]): ElkExtendedEdge {
  const words = {
    text: "calls",
    width: LABEL_WIDTH,
    height: LABEL_HEIGHT,
    layoutOptions: { "elk.edgeLabels.inline": "true" },
  };
  return { id: edge.id, sources: [edge.source], targets: [edge.target], labels: [words] };
}

function routeOf(edge: ElkExtendedEdge): Array<[string, Route]> {
  const [section] = edge.sections ?? [];
  const [words] = edge.labels ?? [];
  if (!section || words?.x === undefined || words.y === undefined) return [];
  const corners = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  return [[edge.id, { corners, words: { x: words.x + LABEL_WIDTH / 2, y: words.y + LABEL_HEIGHT / 2 } }]];
}

/** The first place at or below the one wanted that covers no other node. */
export function free(wanted: Place, taken: ReadonlyMap<string, Place>): Place {
  let place = wanted;
  const hit = () => [...taken.values()].find((other) => covers(place, other));
  for (let other = hit(); other; other = hit()) place = { x: place.x, y: other.y + NODE_HEIGHT + GAP };
  return place;
}

function covers(one: Place, other: Place): boolean {
  return Math.abs(one.x - other.x) < NODE_WIDTH && Math.abs(one.y - other.y) < NODE_HEIGHT;
}
