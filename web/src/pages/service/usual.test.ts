import { expect, it } from "vitest";
import type { ServiceSeries } from "../../api/types";
import { usualArea, usualWords } from "./usual";

const spread = (low: (number | null)[], high: (number | null)[]) => ({ low, high });
const series = (usual: ServiceSeries["usual"], begins: string | null = null) =>
  ({ usual, usual_begins: begins }) as ServiceSeries;
const usual = {
  rate_per_second: spread([27, 27], [30, 30]),
  error_ratio: spread([0, 0], [0, 0]),
  p99_seconds: spread([null, null], [null, null]),
};

it("says where values usually lie, as one figure where that is one", () => {
  expect(usualWords(series(usual), "rate_per_second", "per_second")).toBe("usual 27 – 30/s");
  expect(usualWords(series(usual), "error_ratio", "ratio")).toBe("usual 0%");
  expect(usualWords(series(usual), "p99_seconds", "seconds")).toBeUndefined();
});

it("draws no band without history, and says from when on there is one", () => {
  const young = series(null, "2026-11-22T11:40:00Z");
  expect(usualArea(young, "rate_per_second")).toEqual([]);
  expect(usualWords(young, "rate_per_second", "per_second")).toMatch(/^usual known from \d\d:40 on$/);
  expect(usualWords(series(null), "rate_per_second", "per_second")).toBeUndefined();
});
