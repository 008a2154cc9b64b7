import { expect, test } from "vitest";
import { COLUMNS, columnsOf, isDrawn, type Slots, slotsFor } from "./slots";

type Graph = { nodes: { id: string; kind: string }[]; edges: { source: string; target: string }[] };
const NOWHERE: Slots = new Map();
const KINDS = ["service", "service", "service", "service", "database", "cache", "queue", "external"];

/** Random numbers that are the same on every run. */
function random(seed: number) {
  let state = seed + 1;
  return (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function graph(seed: number): Graph {
  const next = random(seed);
  const nodes = Array.from({ length: 2 + next(40) }, (_, number) => ({
    id: `n${number}`,
    kind: KINDS[next(KINDS.length)] ?? "service",
  }));
  const drawn = () => nodes[next(nodes.length)]?.id ?? "n0";
  const edges = Array.from({ length: next(90) }, () => ({ source: drawn(), target: drawn() }));
  edges.push({ source: "ingress", target: drawn() });
  return { nodes: [...nodes, { id: "ingress", kind: "ingress" }], edges };
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const next = random(seed);
  return items
    .map((item) => ({ item, at: next(1_000_000) }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

const written = (slots: Slots) =>
  Object.fromEntries([...slots].sort(([one], [other]) => (one < other ? -1 : 1)));
const GRAPHS = Array.from({ length: 120 }, (_, seed) => [seed, graph(seed)] as const);

test("the same nodes and edges have the same slots in any order", () => {
  for (const [seed, { nodes, edges }] of GRAPHS) {
    const again = slotsFor(shuffled(nodes, seed), shuffled(edges, seed + 1), NOWHERE);
    expect(written(again)).toEqual(written(slotsFor(nodes, edges, NOWHERE)));
  }
});

test("no two nodes share a slot, and every node has one", () => {
  for (const [, { nodes, edges }] of GRAPHS) {
    const slots = slotsFor(nodes, edges, NOWHERE);
    const taken = [...slots.values()].map(({ column, row }) => `${column} ${row}`);
    expect(new Set(taken).size).toBe(taken.length);
    expect([...slots.keys()].sort()).toEqual(
      nodes
        .filter(isDrawn)
        .map(({ id }) => id)
        .sort(),
    );
    expect([...slots.values()].every(({ column, row }) => column >= 0 && column < COLUMNS && row >= 0)).toBe(
      true,
    );
  }
});

test("a new node takes a free slot and nothing else moves", () => {
  for (const [seed, { nodes, edges }] of GRAPHS) {
    const some = nodes.filter((_, index) => index % 3 !== seed % 3 || index === 0);
    const ids = new Set(some.map(({ id }) => id));
    const between = edges.filter(({ source, target }) => ids.has(source) && ids.has(target));
    const before = slotsFor(some, between, NOWHERE);
    const after = slotsFor(nodes, edges, before);
    for (const [id, slot] of before) expect(after.get(id)).toEqual(slot);
    expect(new Set([...after.values()].map(({ column, row }) => `${column} ${row}`)).size).toBe(after.size);
  }
});

test("a node that is gone keeps its slot for when it comes back", () => {
  for (const [, { nodes, edges }] of GRAPHS) {
    const before = slotsFor(nodes, edges, NOWHERE);
    const without = nodes.slice(1);
    expect(slotsFor(without, edges, before)).toBe(before);
    expect(slotsFor(nodes, edges, slotsFor(without, edges, before))).toBe(before);
  }
});

test("layers are gateways, what they call, what is behind, and stores with what is outside", () => {
  const kinds = {
    gateway: "service", checkout: "service", cart: "service", payment: "service", ledger: "service",
    mail: "service", orders: "queue", redis: "cache", payline: "external", ingress: "ingress",
  } as const; // prettier-ignore
  const nodes = Object.entries(kinds).map(([id, kind]) => ({ id, kind }));
  const edges = [
    "ingress gateway", "gateway checkout", "gateway cart", "checkout cart", "checkout payment", "payment ledger",
    "payment payline", "cart redis", "checkout orders", "orders mail", "ingress cart",
  ].map((words) => words.split(" ")); // prettier-ignore
  const columns = columnsOf(
    nodes,
    edges.map(([source = "", target = ""]) => ({ source, target })),
  );
  expect(Object.fromEntries(columns)).toEqual({
    gateway: 0, checkout: 1, cart: 1, payment: 2, ledger: 2, orders: 2, mail: 3, redis: 3, payline: 3,
  }); // prettier-ignore
});

test("services that call each other in a circle have places too", () => {
  const nodes = ["a", "b"].map((id) => ({ id, kind: "service" }));
  const edges = [
    { source: "a", target: "b" },
    { source: "b", target: "a" },
  ];
  expect(written(slotsFor(nodes, edges, NOWHERE))).toEqual({
    a: { column: 0, row: 0 },
    b: { column: 1, row: 0 },
  });
});
