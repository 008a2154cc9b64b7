import { expect, it } from "vitest";
import { conditionsWithin, isLimited, keptWithin, limitOf } from "./limits";

it("a read is limited only if it knows environments", () => {
  expect(limitOf("/api/v1/services", "staging")).toEqual({ environment: "staging" });
  expect(limitOf("/api/v1/services", null)).toEqual({});
  expect(limitOf("/api/v1/status", "staging")).toEqual({});
  expect(isLimited("/api/v1/session")).toBe(false);
});

it("the answer of another environment is not shown while this one's is on its way", () => {
  const read = (limit: object) => ({ queryKey: ["services", { from: "now-6h" }, limit] });
  const staging = keptWithin({ environment: "staging" });
  expect(staging("kept", read({ environment: "staging" }))).toBe("kept");
  expect(staging("kept", read({ environment: "production" }))).toBeUndefined();
  expect(staging("kept", read({}))).toBeUndefined();
  expect(keptWithin({})("kept", read({}))).toBe("kept");
  expect(keptWithin({})("kept", read({ environment: "staging" }))).toBeUndefined();
});

it("log lines are limited by a condition, unless the search names an environment itself", () => {
  expect(isLimited("/api/v1/logs")).toBe(true);
  expect(limitOf("/api/v1/logs", "staging")).toEqual({});
  expect(conditionsWithin([], null)).toEqual([]);
  expect(conditionsWithin(["service=cart"], "staging")).toEqual(["service=cart", "environment=staging"]);
  expect(conditionsWithin(["environment=qa"], "staging")).toEqual(["environment=qa"]);
  expect(conditionsWithin(["environment!=qa"], "staging")).toEqual([
    "environment!=qa",
    "environment=staging",
  ]);
});
