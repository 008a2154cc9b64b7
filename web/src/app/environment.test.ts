import { expect, it } from "vitest";
import { environmentIn, keeping, timeIn } from "./address";
import { choicesOf } from "./environment";

it("an environment is read as the server compares it: without case and outer spaces", () => {
  expect(environmentIn("?environment=Production")).toBe("production");
  expect(environmentIn("?environment=%20QA%20")).toBe("qa");
  expect(environmentIn("?environment=Größe")).toBe("größe");
  for (const none of ["", "?", "?environment=", "?environment=%20", "?q=environment"])
    expect(environmentIn(none)).toBeNull();
});

it("every address keeps the environment, before its part and after what it asks for", () => {
  expect(keeping("/traces", "staging")).toBe("/traces?environment=staging");
  expect(keeping("/traces?", "staging")).toBe("/traces?environment=staging");
  expect(keeping("/traces?sort=slowest", "staging")).toBe("/traces?sort=slowest&environment=staging");
  expect(keeping("/catalog?q=a#problems", "staging")).toBe("/catalog?q=a&environment=staging#problems");
  expect(keeping("/logs?where=a%3Db%26c", "staging")).toBe("/logs?where=a%3Db%26c&environment=staging");
});

it("an address that names its own environment, or a part of the page one is on, stays as it is", () => {
  expect(keeping("/services/api?environment=production", "staging")).toBe(
    "/services/api?environment=production",
  );
  expect(keeping("#content", "staging")).toBe("#content");
  expect(keeping("/traces?q=1", null)).toBe("/traces?q=1");
});

it("every address keeps the time that is chosen, and one that names its own keeps that", () => {
  const time = timeIn("?from=2026-11-22T08%3A10%3A00Z&to=2026-11-22T08%3A50%3A00Z&compare=week");
  const kept = "from=2026-11-22T08%3A10%3A00Z&to=2026-11-22T08%3A50%3A00Z&compare=week";
  expect(keeping("/logs", null, time)).toBe(`/logs?${kept}`);
  expect(keeping("/catalog?q=a#problems", "qa", time)).toBe(`/catalog?q=a&environment=qa&${kept}#problems`);
  expect(keeping("/traces?from=now-6h", null, time)).toBe("/traces?from=now-6h&compare=week");
  expect(keeping("#content", null, time)).toBe("#content");
  expect(keeping("/map", null, timeIn("?from=now-6h"))).toBe("/map?from=now-6h");
  expect(keeping("/map", null, timeIn("?to=now"))).toBe("/map");
});

it("an environment of any characters comes back from the address it was put in", () => {
  for (const odd of ["a&b", "a=b", "50%", "a+b", "größe", "a#b", "a?b"]) {
    const kept = keeping("/services?q=x", odd);
    expect(environmentIn(new URL(kept, "http://127.0.0.1").search)).toBe(odd);
  }
});

it("there is a choice where there are several environments, or the address names another one", () => {
  expect(choicesOf([], null)).toEqual([]);
  expect(choicesOf(["production"], null)).toEqual([]);
  expect(choicesOf(["production"], "production")).toEqual([]);
  expect(choicesOf(["production"], "qa")).toEqual(["production", "qa"]);
  expect(choicesOf([], "qa")).toEqual(["qa"]);
  expect(choicesOf(["production", "default"], "default")).toEqual(["production", "default"]);
});
