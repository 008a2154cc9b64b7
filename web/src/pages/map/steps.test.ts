import { expect, test } from "vitest";
import type { Slots } from "./slots";
import { endOf, stepFrom } from "./steps";

const SLOTS: Slots = new Map([
  ["gateway", { column: 0, row: 1 }],
  ["cart", { column: 1, row: 1 }],
  ["checkout", { column: 1, row: 3 }],
  ["pricing", { column: 2, row: 1 }],
  ["payment", { column: 2, row: 4 }],
  ["payline", { column: 3, row: 4 }],
]);
const line = (source: string, target: string) => ({ id: `${source}>${target}`, source, target });
const EDGES = [line("gateway", "checkout"), line("checkout", "payment"), line("payment", "payline")];

test("right and left follow an edge, though another node is nearer", () => {
  expect(stepFrom("gateway", "ArrowRight", SLOTS, EDGES)).toBe("checkout");
  expect(stepFrom("checkout", "ArrowLeft", SLOTS, EDGES)).toBe("gateway");
});

test("without an edge the nearest node of the next layer is next", () => {
  expect(stepFrom("cart", "ArrowRight", SLOTS, EDGES)).toBe("pricing");
  expect(stepFrom("cart", "ArrowLeft", SLOTS, EDGES)).toBe("gateway");
});

test("up and down stay in the layer, and end at its ends", () => {
  expect(stepFrom("cart", "ArrowDown", SLOTS, EDGES)).toBe("checkout");
  expect(stepFrom("checkout", "ArrowUp", SLOTS, EDGES)).toBe("cart");
  expect(stepFrom("cart", "ArrowUp", SLOTS, EDGES)).toBeNull();
  expect(stepFrom("payline", "ArrowRight", SLOTS, EDGES)).toBeNull();
});

test("from an edge an arrow goes to the end that lies there", () => {
  expect(endOf(line("checkout", "payment"), "ArrowRight", SLOTS)).toBe("payment");
  expect(endOf(line("checkout", "payment"), "ArrowLeft", SLOTS)).toBe("checkout");
  expect(endOf(line("outside", "gateway"), "ArrowLeft", SLOTS)).toBe("gateway");
  expect(endOf(line("outside", "nobody"), "ArrowLeft", SLOTS)).toBeNull();
});
