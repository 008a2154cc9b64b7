import { expect, test } from "vitest";
import { turned, USUAL, viewsIn } from "./tableView";

test("a column is hidden, and shown again", () => {
  const hidden = turned(USUAL, "zone");
  expect(hidden.hidden).toEqual(["zone"]);
  expect(turned(hidden, "zone")).toEqual(USUAL);
});

test("what a browser kept that is no choice is ignored", () => {
  const kept = {
    Services: { hidden: ["zone"], density: "compact" },
    Calls: { hidden: [1], density: "compact" },
    Lines: { hidden: [], density: "airy" },
    Incidents: null,
  };
  expect([...viewsIn(JSON.stringify(kept)).keys()]).toEqual(["Services"]);
  expect(viewsIn("{").size).toBe(0);
  expect(viewsIn("7").size).toBe(0);
  expect(viewsIn(null).size).toBe(0);
});
