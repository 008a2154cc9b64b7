import { expect, test } from "vitest";
import { attributeName } from "./attributes";

test("a key of the conventions has the name people know, one of a shop's own stays", () => {
  expect(attributeName("http.response.status_code")).toBe("HTTP status");
  expect(attributeName("shop.channel")).toBe("shop.channel");
  expect(attributeName("zone")).toBe("zone");
});
