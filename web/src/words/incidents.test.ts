import { describe, expect, it } from "vitest";
import { endOf, incidentsWords, isOpen, nameOf } from "./incidents";

describe("incidents in words", () => {
  it("stand with their cause where it is known", () => {
    const cause = { party: "payline", environment: "", words: "payline · 504" };
    expect(nameOf({ title: "Orders failing", cause })).toBe("Orders failing · payline · 504");
    expect(nameOf({ title: "Orders failing", cause: null })).toBe("Orders failing");
  });

  it("say where most fails as soon as it moves, and where the alert went on", () => {
    const cause = { party: "payline", environment: "", words: "payline · 504" };
    const now_failing = { party: "orders-db", environment: "", words: "orders-db" };
    expect(nameOf({ title: "Orders failing", cause, now_failing })).toBe(
      "Orders failing · payline · 504 · now failing most: orders-db",
    );
    expect(endOf({ moved_to: 319, resolved_by: "alert" })).toBe("cause moved on to incident 319");
    expect(endOf({ moved_to: null, resolved_by: "ada" })).toBe("resolved by ada");
  });

  it("count as open until they are resolved", () => {
    expect((["open", "acknowledged", "resolved"] as const).map((state) => isOpen({ state }))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("are one by number, several by their count", () => {
    expect(incidentsWords(1, [318, 318])).toBe("incident 318");
    expect(incidentsWords(3, [318])).toBe("3 incidents");
    expect(incidentsWords(0, [])).toBe("no incident");
    expect(incidentsWords(1, [])).toBe("1 incident");
  });
});
