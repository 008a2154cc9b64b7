import { expect, it } from "vitest";
import { newerThan } from "./still";

it("counts what came since the list stood still", () => {
  expect(newerThan(["b", "a"], ["c", "b", "a"], String)).toBe(1);
  expect(newerThan(["b", "a"], ["b", "a"], String)).toBe(0);
});
