import { describe, expect, it } from "vitest";
import type { ObjectiveDetail } from "../../api/types";
import { cellsOf } from "./cells";

const YOUNG = {
  state: "ok",
  state_since: null,
  burn_state: "quiet",
  burn: [{ window: "5m", rate: 2.69, good: 371, total: 372 }],
  incident_id: null,
  reason: "1 bad order of 0.372 allowed could be chance: 5m of 28d measured so far",
  budget: {
    allowed: 0.372,
    spent: 1,
    remaining: -0.628,
    remaining_ratio: -1.688,
    state: "too_early",
    measured_seconds: 10_900,
  },
  attained: 0.997,
  target: 0.999,
  coverage: 1,
  coverage_floor: 0.9,
  covered_since: null,
  exhausted_in_seconds: null,
  exhausted_at: null,
  window: "28d",
  events: "orders",
  total: 372,
} as unknown as ObjectiveDetail;

describe("an objective's cells", () => {
  it("show a young budget exactly and draw no conclusion from it", () => {
    const [state, now, left, , exhaustion] = cellsOf(YOUNG);
    expect([now?.value, now?.note]).toEqual(["1 of 372", "bad orders · burn 2.7×"]);
    expect([state?.value, left?.value, left?.note]).toEqual([
      "ok, too early to tell",
      "−169%",
      "1 bad order, 0.37 allowed",
    ]);
    expect([exhaustion?.value, exhaustion?.note]).toEqual(["too early", "3 h of 28 days seen"]);
  });
  it("say that an exhausted budget is used up, and that a quiet one never is", () => {
    const spent = {
      ...YOUNG,
      state: "exhausted",
      budget: { ...YOUNG.budget, state: "exhausted" },
    } as ObjectiveDetail;
    const quiet = {
      ...YOUNG,
      budget: { ...YOUNG.budget, spent: 0, remaining: 0.372, state: "within" },
    } as ObjectiveDetail;
    expect(cellsOf(spent)[4]?.value).toBe("exhausted");
    expect(cellsOf(quiet)[4]?.value).toBe("never");
  });
});
