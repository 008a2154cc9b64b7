// Values of which only the bucket is known: how they read, and how they are drawn (dashed, in their bucket). Pure.

import type { Area, Bucket, Line } from "./lines";
import { inUnit, type Unit } from "./scale";

/** Of a quantile in a bucket too wide to read a value: "over 5 s", "under 5 s (one bucket)". */
export function bucketWords({ above, up_to: upTo }: Bucket, unit: Unit): string {
  const least = above === null ? [] : [`over ${inUnit(above, unit)}`];
  return upTo === null ? least.join() : [...least, `under ${inUnit(upTo, unit)} (one bucket)`].join(", ");
}

/** The value of a line at one step, or the bucket it is in. */
export function valueWords({ values, buckets }: Line, step: number, unit: Unit): string {
  const value = values[step];
  if (value === null || value === undefined) return "no data";
  const bucket = buckets?.[step];
  return bucket ? bucketWords(bucket, unit) : inUnit(value, unit);
}

/** Each line as drawn: the steps between values that are only assumed as a dashed line of their own. */
export function dashedWhereRough(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) => {
    const { buckets, values } = line;
    if (!buckets?.some(Boolean)) return [line];
    const isRough = (step: number) => Boolean(buckets[step]);
    const kept = (keep: (step: number) => boolean) =>
      values.map((value, step) => (keep(step) ? value : null));
    const beside = (step: number) => isRough(step - 1) || isRough(step + 1);
    return [
      { ...line, values: kept((step) => !isRough(step)) },
      { ...line, filled: false, dashed: true, values: kept((step) => isRough(step) || beside(step)) },
    ];
  });
}

/** The buckets of a line as areas; one without an end reaches to the top of the chart. */
export function bucketAreas(lines: readonly Line[], top: number): Area[] {
  return lines
    .filter((line) => !line.earlier && line.buckets?.some(Boolean))
    .map(({ colour, buckets = [], values }) => {
      const known = buckets.map((bucket, step) => (values[step] == null ? null : bucket));
      return {
        colour,
        stepped: true,
        low: known.map((bucket) => bucket && (bucket.above ?? 0)),
        high: known.map((bucket) => bucket && (bucket.up_to ?? top)),
      };
    });
}
