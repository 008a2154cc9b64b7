import { describe, expect, it } from "vitest";
import { runs } from "./areas";
import type { Line } from "./lines";
import { bucketAreas, bucketWords, dashedWhereRough, valueWords } from "./rough";

const SECONDS = { ucum: "s" };
const LAST = { above: 5, up_to: null };
const FIRST = { above: null, up_to: 5 };

it("says only the bucket of a quantile where that is all that is known", () => {
  expect(bucketWords(LAST, SECONDS)).toBe("over 5 s");
  expect(bucketWords(FIRST, SECONDS)).toBe("under 5 s (one bucket)");
  expect(bucketWords({ above: 1, up_to: 5 }, SECONDS)).toBe("over 1 s, under 5 s (one bucket)");
});

describe("a line with assumed values", () => {
  const line: Line = {
    label: "p99",
    colour: "bad",
    filled: true,
    values: [0.2, 4.9, 5, null, 0.3],
    buckets: [null, FIRST, LAST, null, null],
  };
  it("reads the bucket where it is all that is known, and the value elsewhere", () =>
    expect(line.values.map((_, step) => valueWords(line, step, SECONDS))).toEqual([
      "200 ms",
      "under 5 s (one bucket)",
      "over 5 s",
      "no data",
      "300 ms",
    ]));
  it("is dashed where values are assumed and on the way to them", () => {
    const [exact, rough] = dashedWhereRough([line]);
    expect(exact?.values).toEqual([0.2, null, null, null, 0.3]);
    expect(rough).toMatchObject({ dashed: true, filled: false, values: [0.2, 4.9, 5, null, null] });
  });
  it("stands in an area from the lower to the upper bound, to the top where there is none", () => {
    const [area] = bucketAreas([line], 8);
    expect(area?.low).toEqual([null, 0, 5, null, null]);
    expect(area?.high).toEqual([null, 5, 8, null, null]);
    expect(area && runs(area)).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });
  it("of exact values stays one line without an area", () => {
    const exact: Line = { label: "p99", colour: "bad", values: [1, 2] };
    expect(dashedWhereRough([exact])).toEqual([exact]);
    expect(bucketAreas([exact], 8)).toEqual([]);
  });
});
