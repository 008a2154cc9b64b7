import { expect, test, vi } from "vitest";

vi.mock("elkjs/lib/elk-api", () => ({ default: vi.fn() }));
vi.mock("elkjs/lib/elk-worker.min.js?url", () => ({ default: "" }));

import { free, NODE_HEIGHT } from "./layout";
import { rounded } from "./path";

test("a line goes through its corners and rounds them", () => {
  expect(
    rounded([
      { x: 0, y: 0 },
      { x: 100, y: 0 },
    ]),
  ).toBe("M 0 0 L 100 0");
  expect(
    rounded([
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 50 },
    ]),
  ).toBe("M 0 0 L 92 0 Q 100 0 100 8 L 100 50");
});

test("corners close to each other are rounded less, and two in one place are no trouble", () => {
  expect(
    rounded([
      { x: 0, y: 0 },
      { x: 4, y: 0 },
      { x: 4, y: 4 },
    ]),
  ).toBe("M 0 0 L 2 0 Q 4 0 4 2 L 4 4");
  expect(
    rounded([
      { x: 0, y: 0 },
      { x: 0, y: 0 },
      { x: 9, y: 0 },
    ]),
  ).not.toContain("NaN");
});

test("a new node takes the next free place below", () => {
  const taken = new Map([["a", { x: 0, y: 0 }]]);
  expect(free({ x: 500, y: 0 }, taken)).toEqual({ x: 500, y: 0 });
  expect(free({ x: 20, y: 10 }, taken).y).toBeGreaterThan(NODE_HEIGHT);
});
