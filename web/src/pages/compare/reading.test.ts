import { describe, expect, it } from "vitest";
import type { Compared } from "../../api/types";
import { differentOperations, longestOf } from "./reading";

const calls = (seconds: number) => ({ calls: 1, duration_seconds: seconds, self_seconds: 0, errors: 0 });
const row = (operation: string, depth: number, first: number | null, second: number | null) =>
  ({
    service: "shop",
    operation,
    depth,
    first: first === null ? null : calls(first),
    second: second === null ? null : calls(second),
  }) as Compared;

describe("reading a comparison", () => {
  it("knows two traces of one operation by their roots", () => {
    expect(
      differentOperations({ rows: [row("POST /orders", 0, 1, 2), row("GET /cart", 1, null, 1)] }),
    ).toBeNull();
  });
  it("names the two operations that are not the same", () => {
    const found = differentOperations({
      rows: [row("POST /orders", 0, 1, null), row("GET /cart", 0, null, 1)],
    });
    expect([found?.first.operation, found?.second.operation]).toEqual(["POST /orders", "GET /cart"]);
  });
  it("takes the longest call of either as the scale", () => {
    expect(longestOf([row("a", 0, 1, 3), row("b", 1, null, 2)])).toBe(3);
    expect(longestOf([])).toBe(0);
  });
});
