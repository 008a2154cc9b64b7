import { expect, test } from "vitest";
import { boxOf, GAP, labelBoxes, overlaps, sizeOf, waysOf, widthOf } from "./geometry";
import { COLUMNS, type Slot, type Slots } from "./slots";

/** Every slot of a full drawing, and an edge between any two of its nodes. */
const SLOTS: Slots = new Map(
  Array.from({ length: COLUMNS * 5 }, (_, number): [string, Slot] => [
    `n${number}`,
    { column: number % COLUMNS, row: Math.floor(number / COLUMNS) },
  ]),
);
const IDS = [...SLOTS.keys()];
const EDGES = IDS.flatMap((source) => IDS.map((target) => ({ id: `${source}>${target}`, source, target })));
const BOXES = [...SLOTS.values()].map(boxOf);

test("every edge has a way, also to the same column, back and to itself", () => {
  const ways = waysOf(EDGES, SLOTS);
  expect(ways.size).toBe(EDGES.length);
  for (const { path, anchors } of ways.values()) {
    expect(path).not.toMatch(/NaN|undefined/);
    expect(anchors.length).toBeGreaterThan(0);
  }
});

test("an edge without a slot at one end has no way", () => {
  expect(waysOf([{ id: "a>b", source: "n0", target: "nobody" }], SLOTS).size).toBe(0);
});

test("words never touch a node or other words, however many edges have them", () => {
  const ways = waysOf(EDGES, SLOTS);
  for (let take = 1; take < 12; take++) {
    const some = EDGES.filter((_, index) => index % (take * 3) === 0).slice(0, 24);
    const asked = some.flatMap(({ id }) => {
      const way = ways.get(id);
      return way ? [{ id, way, height: 36 }] : [];
    });
    const found = [...labelBoxes(asked).values()];
    for (const [index, box] of found.entries()) {
      expect(BOXES.some((node) => overlaps(node, box))).toBe(false);
      expect(found.some((other, number) => number !== index && overlaps(other, box))).toBe(false);
    }
  }
});

test("a line past a column stays between its rows", () => {
  const { path } = waysOf([{ id: "e", source: "n0", target: "n19" }], SLOTS).get("e") ?? { path: "" };
  const heights = [...path.matchAll(/L [\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
  expect(heights.length).toBe(2);
  for (const y of heights) expect(BOXES.some((box) => y > box.y && y < box.y + box.height)).toBe(false);
});

test("the drawing holds all its nodes, and a loop behind the last column", () => {
  const { width, height } = sizeOf(SLOTS.values(), false);
  for (const box of BOXES) {
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(height);
  }
  expect(sizeOf(SLOTS.values(), true).width).toBe(width + GAP.x);
});

test("a line grows with the calls, slowly, and stays a line", () => {
  const widths = [0, 0.4, 10, 100, 1_000, 100_000].map(widthOf);
  expect(widths).toEqual([...widths].sort((one, other) => one - other));
  expect([widths[0], widths.at(-1)]).toEqual([1, 4.5]);
});
