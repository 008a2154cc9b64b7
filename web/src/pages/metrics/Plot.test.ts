import { expect, it } from "vitest";
import { roughWords } from "./Plot";

it("says only the bucket of a quantile where that is all that is known", () => {
  const seconds = { ucum: "s" };
  expect(roughWords({ above: 5, up_to: null }, seconds)).toBe("over 5 s");
  expect(roughWords({ above: null, up_to: 5 }, seconds)).toBe("under 5 s (one bucket)");
  expect(roughWords({ above: 1, up_to: 5 }, seconds)).toBe("over 1 s, under 5 s (one bucket)");
});
