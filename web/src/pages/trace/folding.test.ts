import { expect, it } from "vitest";
import type { Trace } from "../../api/types";
import { foldingHops } from "./rows";

const span = (id: string, parent: string | null, proxy = false) => ({
  span_id: id,
  parent_span_id: parent,
  is_proxy: proxy,
});

it("counts the hops that fold: one that carried nothing on stays in sight, one that is unfolded too", () => {
  const spans = [
    span("a", null),
    span("h", "a", true),
    span("i", "h", true),
    span("b", "i"),
    span("x", "a", true),
  ];
  const trace = { spans } as unknown as Trace;
  expect(foldingHops(trace)).toBe(2);
  expect(foldingHops(trace, new Set(["h"]))).toBe(1);
});
