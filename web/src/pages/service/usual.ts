// What is usual, as the band behind a chart and in the head of its panel.

import type { ServiceSeries } from "../../api/types";
import type { Area } from "../../charts/lines";
import { inUnit, type Unit } from "../../charts/scale";
import { clock } from "../../words/moments";

type Measured = keyof NonNullable<ServiceSeries["usual"]>;

/** A chart of several percentiles says whose usual it is. */
const nameOf = (measured: Measured) => (measured === "p99_seconds" ? "p99 usual" : "usual");

export function usualArea({ usual }: Pick<ServiceSeries, "usual">, measured: Measured): Area[] {
  return usual === null ? [] : [{ label: nameOf(measured), colour: "quiet", ...usual[measured] }];
}

const rounded = (value: number) => Number(value.toPrecision(2));
const UNIT = /[^\d.,]+$/;

/** "27 – 30/s", "280 – 340 ms", "0.2%": a unit that both ends have is said once. */
function rangeOf(least: string, most: string): string {
  if (least === most) return most;
  const same = UNIT.exec(least)?.[0] === UNIT.exec(most)?.[0];
  return `${same ? least.replace(UNIT, "") : least} – ${most}`;
}

/** "usual 27 – 30/s" of the newest step, or from when on there is one; nothing where neither is known. */
export function usualWords(
  { usual, usual_begins: begins }: ServiceSeries,
  measured: Measured,
  unit: Unit,
): string | undefined {
  if (usual === null) return begins === null ? undefined : `usual known from ${clock(begins)} on`;
  const { low, high } = usual[measured];
  const newest = low.findLastIndex((value) => value !== null);
  const [least, most] = [low[newest], high[newest]].map((value) => value ?? null);
  if (least == null || most == null) return undefined;
  return `${nameOf(measured)} ${rangeOf(inUnit(rounded(least), unit), inUnit(rounded(most), unit))}`;
}
