// The drawing's measures: boxes of nodes, ways of edges between them, and places for words in the gaps. Pure.

import { COLUMNS, type Slot, type Slots } from "./slots";

export type Point = { x: number; y: number };
export type Box = Point & { width: number; height: number };
type Line = { id: string; source: string; target: string };
/** The way of an edge as an SVG path, and where words can stand on it, one point for each gap it passes. */
export type Way = { path: string; anchors: readonly Point[] };

export const NODE = { width: 158, height: 66 } as const;
export const GAP = { x: 80, y: 28 } as const;
/** Above the first row there is room for the words of callers from outside. */
const MARGIN = { x: 10, top: 24, bottom: 10 } as const;
export const LABEL_WIDTH = GAP.x - 4;
const LABEL_APART = 4;
const LABEL_TRIES = 40;
const CHANNELS = 5;
const CHANNEL_APART = 4;

export function boxOf({ column, row }: Slot): Box {
  return {
    x: MARGIN.x + column * (NODE.width + GAP.x),
    y: MARGIN.top + row * (NODE.height + GAP.y),
    ...NODE,
  };
}

/** The drawing's size at its own scale; a loop in the last column needs the gap behind it. */
export function sizeOf(slots: Iterable<Slot>, hasLoop: boolean): { width: number; height: number } {
  const rows = Math.max(0, ...[...slots].map((slot) => slot.row)) + 1;
  const width = MARGIN.x * 2 + COLUMNS * NODE.width + (COLUMNS - 1) * GAP.x + (hasLoop ? GAP.x : 0);
  return { width, height: MARGIN.top + MARGIN.bottom + rows * NODE.height + (rows - 1) * GAP.y };
}

type Side = "left" | "right";
type End = { key: string; node: string; side: Side; other: Slot };

/** The way of every edge whose two ends have a slot. */
export function waysOf(lines: readonly Line[], slots: Slots): ReadonlyMap<string, Way> {
  const ends = [...lines]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .flatMap((line) => endsOf(line, slots));
  const ports = portsOf(ends, slots);
  const ways = new Map<string, Way>();
  lines.forEach((line, index) => {
    const [from, to] = [ports.get(`${line.id} from`), ports.get(`${line.id} to`)];
    const [source, target] = [slots.get(line.source), slots.get(line.target)];
    if (!from || !to || !source || !target) return;
    ways.set(
      line.id,
      source.column === target.column ? loop(from, to) : across(from, to, source, target, index),
    );
  });
  return ways;
}

function endsOf(line: Line, slots: Slots): End[] {
  const [source, target] = [slots.get(line.source), slots.get(line.target)];
  if (!source || !target) return [];
  const ahead = target.column >= source.column;
  return [
    { key: `${line.id} from`, node: line.source, side: ahead ? "right" : "left", other: target },
    {
      key: `${line.id} to`,
      node: line.target,
      side: ahead && target.column !== source.column ? "left" : "right",
      other: source,
    },
  ];
}

/** Where edges leave and enter: spread over the node's side, in the order of what is at their other ends. */
function portsOf(ends: readonly End[], slots: Slots): ReadonlyMap<string, Point> {
  const sides = new Map<string, End[]>();
  for (const end of ends) {
    const key = `${end.side} ${end.node}`;
    sides.set(key, [...(sides.get(key) ?? []), end]);
  }
  const ports = new Map<string, Point>();
  for (const list of sides.values()) {
    const sorted = [...list].sort(
      (one, other) => one.other.row - other.other.row || one.other.column - other.other.column,
    );
    sorted.forEach((end, index) => {
      const slot = slots.get(end.node);
      if (!slot) return;
      const box = boxOf(slot);
      const x = end.side === "right" ? box.x + box.width : box.x;
      const point = { x, y: box.y + ((index + 1) * box.height) / (sorted.length + 1) };
      ports.set(end.key, point);
    });
  }
  return ports;
}

/** Out and in again on the right, within the gap. */
function loop(from: Point, to: Point): Way {
  const out = from.x + (GAP.x * 2) / 3;
  return {
    path: `M ${from.x} ${from.y} C ${out} ${from.y} ${out} ${to.y} ${to.x} ${to.y}`,
    anchors: [{ x: from.x + GAP.x / 2, y: (from.y + to.y) / 2 }],
  };
}

/** From gap to gap; past the columns between, an edge goes along the space between two rows. */
function across(from: Point, to: Point, source: Slot, target: Slot, index: number): Way {
  const step = Math.sign(target.column - source.column);
  const stops: Point[] = [from];
  for (let column = source.column + step; column !== target.column; column += step) {
    const { x, width } = boxOf({ column, row: 0 });
    const share = (column - source.column) / (target.column - source.column);
    const y = channel(from.y + (to.y - from.y) * share, index);
    stops.push(...(step > 0 ? [{ x, y }, { x: x + width, y }] : [{ x: x + width, y }, { x, y }])); // prettier-ignore
  }
  stops.push(to);
  return { path: pathThrough(stops), anchors: gapsIn(stops) };
}

/** The height of the space between two rows that is nearest; several edges there keep a little apart. */
function channel(y: number, index: number): number {
  const pitch = NODE.height + GAP.y;
  const between = Math.max(0, Math.round((y - MARGIN.top + GAP.y / 2) / pitch));
  const middle = MARGIN.top + between * pitch - GAP.y / 2;
  return middle + ((index % CHANNELS) - (CHANNELS - 1) / 2) * CHANNEL_APART;
}

/** Stops come in pairs: a curve in the gap before each column, a straight line past it. */
function pathThrough(stops: readonly Point[]): string {
  const [first, ...rest] = stops;
  if (!first) return "";
  let last = first;
  const parts = [`M ${first.x} ${first.y}`];
  rest.forEach((stop, index) => {
    const middle = (last.x + stop.x) / 2;
    parts.push(
      index % 2 === 0
        ? `C ${middle} ${last.y} ${middle} ${stop.y} ${stop.x} ${stop.y}`
        : `L ${stop.x} ${stop.y}`,
    );
    last = stop;
  });
  return parts.join(" ");
}

function gapsIn(stops: readonly Point[]): Point[] {
  return stops.flatMap((stop, index) => {
    const next = stops[index + 1];
    return next && index % 2 === 0 ? [{ x: (stop.x + next.x) / 2, y: (stop.y + next.y) / 2 }] : [];
  });
}

export function overlaps(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

type Asked = { id: string; way: Way; height: number };

/**
 * A box for the words of each edge, in one of the gaps it passes and as near to its line as the words before leave:
 * a gap is as wide as words are, so that no box can touch a node.
 */
export function labelBoxes(asked: readonly Asked[]): ReadonlyMap<string, Box> {
  const boxes = new Map<string, Box>();
  for (const { id, way, height } of asked) {
    const taken = [...boxes.values()];
    const found = candidates(way, height).find(
      (box) => box.y >= 0 && !taken.some((one) => overlaps(one, box)),
    );
    if (found) boxes.set(id, found);
  }
  return boxes;
}

/** Boxes around the anchors, those on the line first, then ever farther up and down. */
function candidates({ anchors }: Way, height: number): Box[] {
  return Array.from({ length: LABEL_TRIES }, (_, number) => {
    const away = Math.ceil(number / 2) * (height / 2 + LABEL_APART) * (number % 2 === 0 ? 1 : -1);
    return anchors.map(({ x, y }) => ({
      x: x - LABEL_WIDTH / 2,
      y: y - height / 2 + away,
      width: LABEL_WIDTH,
      height,
    }));
  }).flat();
}

/** The width of a line by calls per second, on a logarithmic scale: 1 to 4.5 pixels. */
export function widthOf(ratePerSecond: number): number {
  return Math.min(4.5, 1 + 1.1 * Math.log10(1 + Math.max(0, ratePerSecond)));
}
