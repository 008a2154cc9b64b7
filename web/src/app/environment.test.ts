import { expect, it } from "vitest";
import { environmentIn, keeping } from "./address";
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
