import { describe, expect, it } from "vitest";
import { flag, list, oneOf, optional, stateIn, text, withEdit } from "./searchState";

const PARAMS = {
  q: text(),
  to: text("now"),
  span: optional,
  view: oneOf(["drawing", "table"], "drawing"),
  sort: oneOf(["name", "bad"], null),
  live: flag,
  where: list,
};
const search = (asked: string) => new URLSearchParams(asked);
const USUAL = { q: "", to: "now", span: null, view: "drawing", sort: null, live: false, where: [] };

describe("state in the address", () => {
  it("is the usual one where the address says nothing, or nothing that is known", () => {
    expect(stateIn(search(""), PARAMS)).toEqual(USUAL);
    expect(stateIn(search("view=upside-down&sort=&span=&live=yes"), PARAMS)).toEqual(USUAL);
  });

  it("leaves usual values out of the address", () => {
    const full = search("q=a&to=x&span=s&view=table&sort=bad&live=1&where=a&where=b");
    expect(withEdit(full, PARAMS, stateIn(search(""), PARAMS)).toString()).toBe("");
  });

  it("comes back from the address as it was put in", () => {
    const state = {
      q: "a&b=c +%",
      to: "2026-11-22T08:10:00Z",
      span: "ab",
      view: "table",
      sort: "bad",
      live: true,
      where: ["k=v", "k!=w"],
    } as const;
    expect(stateIn(search(withEdit(search(""), PARAMS, state).toString()), PARAMS)).toEqual(state);
  });

  it("keeps parameters that an edit does not name, known or not", () => {
    expect(withEdit(search("other=1&q=a&where=b"), PARAMS, { q: "" }).toString()).toBe("other=1&where=b");
  });
});
