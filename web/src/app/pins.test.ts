import { expect, test } from "vitest";
import { pinsIn } from "./pins";

test("only addresses of this page are pins", () => {
  const kept = [
    { name: "Cart", address: "/services/cart?from=now-6h" },
    { name: "Elsewhere", address: "//elsewhere/services" },
    { name: "Script", address: "mailto:a@b.example" },
    "nothing",
    null,
  ];
  expect(pinsIn(JSON.stringify(kept)).map(({ name }) => name)).toEqual(["Cart"]);
  expect(pinsIn("no JSON")).toEqual([]);
  expect(pinsIn(null)).toEqual([]);
});
