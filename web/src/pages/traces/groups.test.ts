import { describe, expect, it } from "vitest";
import type { Scatter, TraceHit } from "../../api/types";
import { headWords, moreWords, restOf, totalOf } from "./groups";

const picture = { scope: "root", spans: 55_200, errors: 84, slow: 34 } as Scatter;

describe("groups of traces", () => {
  it("count what the picture counted", () => {
    expect(totalOf("failed", picture)).toBe(84);
    expect(totalOf("usual", picture)).toBe(55_082);
    expect(headWords({ key: "slow", order: "newest first" }, picture)).toBe("34, newest first");
  });
  it("say how many more there are, unless spans were counted and not traces", () => {
    expect(moreWords({ key: "failed", hits: [] }, picture)).toBe("84 more failed");
    expect(moreWords({ key: "failed", hits: [] }, { ...picture, scope: "any" })).toBe("More failed");
    expect(headWords({ key: "failed", order: "newest first" }, undefined)).toBe("newest first");
  });
  it("are as usual only where a usual is known of all", () => {
    const hit = (slow_from_seconds: number | null) => ({ what_happened: { slow_from_seconds } }) as TraceHit;
    expect(restOf([hit(0.5)])).toBe("as usual");
    expect(restOf([hit(null)])).toBe("did not fail, no usual known yet");
    expect(restOf([hit(null), hit(0.5)])).toBe("as usual, or no usual known yet");
  });
});
