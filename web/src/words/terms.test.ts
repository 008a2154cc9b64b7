import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { KNOWN_TERMS, meaningOf } from "./terms";

const GLOSSARY = readFileSync(new URL("../../../docs/guide/glossary.md", import.meta.url), "utf8");

it("explains each term as the glossary does", () => {
  for (const term of KNOWN_TERMS) expect(GLOSSARY, term).toContain(meaningOf(term));
});

it("finds a term at the beginning of a head or label, and the longest one", () => {
  expect(meaningOf("p99, last 5 min")).toBe(meaningOf("p99"));
  expect(meaningOf("Burn 5 min · 1 h · 6 h")).toBe(meaningOf("burn"));
  expect(meaningOf("Budget left")).toBe(meaningOf("budget left"));
  expect(meaningOf("Budget")).toBeUndefined();
  expect(meaningOf("Burning now")).toBe(meaningOf("burning"));
  expect(meaningOf("burning · ticket")).toBe(meaningOf("burning"));
  expect(meaningOf("Burned")).toBeUndefined();
});
