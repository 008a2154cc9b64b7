import { describe, expect, it } from "vitest";
import { frameOf, nearest } from "./scatter";

const picture = {
  start_epoch: 0,
  end_epoch: 3_600,
  points: [
    { at_epoch: 600, duration_seconds: 0.02 },
    { at_epoch: 1_800, duration_seconds: 3 },
  ],
};

describe("a scatter's frame", () => {
  const frame = frameOf(picture, 1_000, 200);
  it("covers all durations with whole powers of ten", () => {
    expect(frame.levels.map((level) => level.words)).toEqual(["10 ms", "100 ms", "1 s", "10 s"]);
    expect(frame.y(10)).toBeLessThan(frame.y(3));
  });
  it("reads places back as what lies there", () => {
    expect(frame.epochAt(frame.x(1_234))).toBeCloseTo(1_234);
    expect(frame.secondsAt(frame.y(0.25))).toBeCloseTo(0.25);
    expect(frame.epochAt(-50)).toBe(0);
  });
  it("finds the dot next to the pointer, and none far from all", () => {
    expect(nearest(picture.points, frame, frame.x(600) + 3, frame.y(0.02) - 3)).toBe(picture.points[0]);
    expect(nearest(picture.points, frame, frame.x(3_000), frame.y(0.02))).toBeNull();
  });
  it("stands without any dot", () => {
    expect(frameOf({ ...picture, points: [] }, 1_000, 200).levels.length).toBeGreaterThan(1);
  });
});
