import { describe, expect, it } from "vitest";
import { shareWords, whyWords } from "./Tiers";

describe("why a tier is as it is", () => {
  it("is the server's sentence, word for word", () =>
    expect(whyWords({ reason: "The last 5 minutes are clean", fires_in_seconds: null })).toBe(
      "The last 5 minutes are clean",
    ));
  it("adds when it fires at this rate", () =>
    expect(
      whyWords({ reason: "The last hour is below the threshold (3× against 13×)", fires_in_seconds: 1320 }),
    ).toBe("The last hour is below the threshold (3× against 13×); fires in 22 min at this rate"));
  it("never says that it fires in 0 s: what fires now says so itself", () =>
    expect(
      whyWords({
        reason: "Over the 1-hour page threshold; fires at the next evaluation",
        fires_in_seconds: 0,
      }),
    ).toBe("Over the 1-hour page threshold; fires at the next evaluation"));
});

it("a tier's part of the budget is rounded, not cut", () => {
  expect(shareWords(0.09996)).toBe("10%");
  expect(shareWords(0.025)).toBe("2.5%");
  expect(shareWords(null)).toBe("—");
});
