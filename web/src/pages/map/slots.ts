// Where every node stands: a column by its layer, a row in it. The same nodes and edges give the same slots, in any
// order and for any traffic; a new node takes a free one, and nothing else moves. Pure.

export type Slot = { column: number; row: number };
export type Slots = ReadonlyMap<string, Slot>;
type Part = { id: string; kind: string };
type Line = { source: string; target: string };

/** Gateways, the services they call, the services behind those, and stores with all that is outside. */
export const COLUMNS = 4;
const LAST = COLUMNS - 1;
const INNER = LAST - 1;
const SWEEPS = 4;

/** Callers without spans are no nodes: they are named at the node they call. */
export function isDrawn(node: { kind: string }): boolean {
  return node.kind !== "ingress" && node.kind !== "unknown";
}

/** The slots of all nodes: those known stay, each new one takes a free slot of its layer. */
export function slotsFor(nodes: readonly Part[], edges: readonly Line[], known: Slots): Slots {
  const fresh = nodes.filter((node) => isDrawn(node) && !known.has(node.id)).map(({ id }) => id);
  if (fresh.length === 0) return known;
  const columns = columnsOf(nodes, edges);
  const near = neighbours(edges);
  if (known.size === 0) return arranged(columns, near);
  const slots = new Map(known);
  for (const id of fresh.sort()) {
    const column = columns.get(id) ?? INNER;
    slots.set(id, free({ column, row: Math.round(middle(id, near, slots) ?? 0) }, slots));
  }
  return slots;
}

/** The slot wanted, or the nearest one of its column that is free, the lower of two. */
function free(wanted: Slot, slots: Slots): Slot {
  const taken = new Set(
    [...slots.values()].filter((one) => one.column === wanted.column).map((one) => one.row),
  );
  for (let apart = 0; ; apart++) {
    for (const row of [wanted.row + apart, wanted.row - apart]) {
      if (row >= 0 && !taken.has(row)) return { column: wanted.column, row };
    }
  }
}

/** The layer of every node that is drawn. */
export function columnsOf(nodes: readonly Part[], edges: readonly Line[]): ReadonlyMap<string, number> {
  const kinds = new Map(nodes.map((node) => [node.id, node.kind]));
  const isService = (id: string) => kinds.get(id) === "service";
  const depths = depthsOf(
    nodes
      .filter((node) => node.kind === "service")
      .map(({ id }) => id)
      .sort(),
    edges,
    kinds,
  );
  const columns = new Map<string, number>();
  for (const { id, kind } of nodes.filter(isDrawn)) {
    const callers = edges.filter((edge) => edge.target === id).map((edge) => edge.source);
    const isConsumer = callers.length > 0 && callers.every((caller) => kinds.get(caller) === "queue");
    if (isService(id)) columns.set(id, isConsumer ? LAST : Math.min(depths.get(id) ?? 1, INNER));
    else columns.set(id, kind === "queue" && edges.some((edge) => edge.source === id) ? INNER : LAST);
  }
  return columns;
}

/** How many calls each service is away from those that no service calls. */
function depthsOf(services: readonly string[], edges: readonly Line[], kinds: ReadonlyMap<string, string>) {
  const called = new Set(
    edges
      .filter((edge) => kinds.get(edge.source) !== "ingress" && edge.source !== edge.target)
      .map((edge) => edge.target),
  );
  const entered = new Set(
    edges.filter((edge) => kinds.get(edge.source) === "ingress").map((edge) => edge.target),
  );
  const tops = services.filter((id) => !called.has(id));
  const roots = tops.length > 0 ? tops : services.filter((id) => entered.has(id));
  const depths = new Map((roots.length > 0 ? roots : services.slice(0, 1)).map((id) => [id, 0]));
  const waiting = [...depths.keys()];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const depth = (depths.get(id) ?? 0) + 1;
    for (const { source, target } of edges) {
      if (source !== id || kinds.get(target) !== "service" || depths.has(target)) continue;
      depths.set(target, depth);
      waiting.push(target);
    }
  }
  return depths;
}

type Near = ReadonlyMap<string, readonly string[]>;

function neighbours(edges: readonly Line[]): Near {
  const near = new Map<string, Set<string>>();
  const add = (one: string, other: string) => near.set(one, (near.get(one) ?? new Set()).add(other));
  for (const { source, target } of edges) {
    if (source === target) continue;
    add(source, target);
    add(target, source);
  }
  return new Map([...near].map(([id, ids]) => [id, [...ids].sort()]));
}

/** The mean row of a node's neighbours that have one, in other columns if there are any. */
function middle(id: string, near: Near, slots: Slots, column?: number): number | null {
  const rows = (near.get(id) ?? []).flatMap((one) => {
    const slot = slots.get(one);
    return slot && slot.column !== column ? [slot.row] : [];
  });
  return rows.length === 0 ? null : rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

/** Slots for nodes nobody has seen: in each layer in the order of their neighbours, beside them where there is room. */
function arranged(columns: ReadonlyMap<string, number>, near: Near): Slots {
  const layers = Array.from({ length: COLUMNS }, (_, column) =>
    [...columns]
      .filter(([, one]) => one === column)
      .map(([id]) => id)
      .sort(),
  );
  const tallest = Math.max(...layers.map((layer) => layer.length));
  const slots = new Map<string, Slot>();
  layers.forEach((layer, column) => {
    const top = Math.floor((tallest - layer.length) / 2);
    layer.forEach((id, index) => slots.set(id, { column, row: top + index }));
  });
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? layers.keys() : [...layers.keys()].reverse();
    for (const column of order) spread(layers[column] ?? [], column, { near, slots, tallest });
  }
  return slots;
}

type Arranging = { near: Near; slots: Map<string, Slot>; tallest: number };

/** Put the nodes of one layer in the order of their neighbours' rows, each as near to that row as the others leave. */
function spread(layer: readonly string[], column: number, { near, slots, tallest }: Arranging): void {
  const wanted = new Map(
    layer.map((id) => [id, middle(id, near, slots, column) ?? slots.get(id)?.row ?? 0] as const),
  );
  const order = [...layer].sort(
    (one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0) || (one < other ? -1 : 1),
  );
  let least = 0;
  order.forEach((id, index) => {
    const most = tallest - (order.length - index);
    const row = Math.min(most, Math.max(least, Math.round(wanted.get(id) ?? 0)));
    slots.set(id, { column, row });
    least = row + 1;
  });
}
