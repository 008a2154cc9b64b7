import { expect, test } from "vitest";
import type { Incident } from "../../api/types";
import { mostBad } from "./mostBad";

const one = (objective: string, events: string, bad_events: number) =>
  ({ objective, objective_display_name: objective, events, bad_events }) as Incident["objectives"][number];

test("an order that is bad for two objectives is one order, and orders and letters have no sum", () => {
  const found = mostBad([one("succeed", "orders", 30), one("fast", "orders", 41), one("mail", "letters", 7)]);
  expect(found).toEqual([
    { events: "orders", bad: 41, of: "fast" },
    { events: "letters", bad: 7, of: "mail" },
  ]);
});

test("an objective that burned twice has the sum of both", () => {
  const [orders] = mostBad([
    one("succeed", "orders", 30),
    one("succeed", "orders", 12),
    one("fast", "orders", 41),
  ]);
  expect(orders).toEqual({ events: "orders", bad: 42, of: "succeed" });
});
