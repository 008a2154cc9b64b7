import { describe, expect, test } from "vitest";
import { type Entry, found, marked, straight } from "./found";

const entry = (name: string, more: Partial<Entry> = {}): Entry => ({
  id: name,
  group: "Go to",
  name,
  kind: "service",
  href: `/${name}`,
  ...more,
});

describe("what the palette finds", () => {
  test("before anything is typed what wants attention, and pages", () => {
    const entries = [
      entry("cart"),
      entry("Objectives", { always: true }),
      entry("Orders", { group: "Needs attention" }),
    ];
    expect(found(entries, "").map(({ name }) => name)).toEqual(["Orders", "Objectives"]);
  });

  test("every word typed, names that begin with it first", () => {
    const entries = [entry("repayment"), entry("payment"), entry("cart", { note: "asks payment" })];
    expect(found(entries, "pay").map(({ name }) => name)).toEqual(["payment", "repayment", "cart"]);
  });

  test("a trace id, a traceparent, an incident's number and a link go straight there", () => {
    const id = "0af7651916cd43dd8448eb211c80319c";
    const href = (typed: string) => {
      const one = straight(typed, "https://here");
      return one && "href" in one ? one.href : null;
    };
    expect(href(id.toUpperCase())).toBe(`/traces/${id}`);
    expect(href(`00-${id}-b7ad6b7169203331-01`)).toBe(`/traces/${id}`);
    expect(href("#318")).toBe("/incidents/318");
    expect(href("https://here/services/cart?from=now-1h")).toBe("/services/cart?from=now-1h");
    expect(href("https://elsewhere/services/cart")).toBeNull();
    expect(href("mailto:a@b.example")).toBeNull();
  });

  test("what was typed is marked, in either case and with signs of patterns", () => {
    expect(marked("Payment (old)", "pay (")).toEqual([
      { text: "Pay", isTyped: true },
      { text: "ment ", isTyped: false },
      { text: "(", isTyped: true },
      { text: "old)", isTyped: false },
    ]);
  });
});
