import { expect, test } from "vitest";
import { viewsIn } from "./keptViews";
import { together } from "./views";

test("only addresses of this page are views", () => {
  const kept = [
    { name: "Cart", address: "/services/cart?from=now-6h" },
    { name: "Elsewhere", address: "//elsewhere/services" },
    { name: "Backwards", address: "/\\elsewhere" },
    { name: "Script", address: "mailto:a@b.example" },
    "nothing",
    null,
  ];
  expect(viewsIn(JSON.stringify(kept)).map(({ name }) => name)).toEqual(["Cart"]);
  expect(viewsIn("no JSON")).toEqual([]);
  expect(viewsIn(null)).toEqual([]);
});

test("what was kept before there were other views is pinned", () => {
  const kept = [
    { name: "Cart", address: "/services/cart" },
    { name: "Map", address: "/map", isPinned: false },
  ];
  expect(viewsIn(JSON.stringify(kept)).map(({ isPinned }) => isPinned)).toEqual([true, false]);
});

test("a view of the server stands before one of the browser with its name", () => {
  const here = [
    { name: "Cart", address: "/services/cart", isPinned: true },
    { name: "Map", address: "/map", isPinned: false },
  ];
  const stored = [{ name: "Cart", address: "/services/cart?from=now-1h", is_pinned: false, saved_at: "" }];
  expect(together(stored, here).map(({ name, address }) => `${name} ${address}`)).toEqual([
    "Cart /services/cart?from=now-1h",
    "Map /map",
  ]);
});
