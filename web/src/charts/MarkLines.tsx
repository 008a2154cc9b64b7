// Marks of a chart: a thin line at each instant, its few words in the band above the data.

import { Link } from "wouter";
import type { Mark } from "../api/types";
import { fullMoment } from "../words/moments";
import { leadsTo, type PlacedMark, placed, ROW_PIXELS } from "./marks";

type Props = {
  marks: readonly Mark[];
  /** The chart's first and last instant, and those between, in seconds since 1970. */
  times: readonly number[];
  width: number;
  /** Pixels above the data that are kept for labels, and how many rows they hold. */
  band: number;
  rows: number;
};

export function MarkLines({ marks, times, width, band, rows }: Props) {
  return placed(marks, times, width, rows).map((one) => (
    <MarkLine key={`${one.mark.at}${one.mark.label}`} band={band} {...one} />
  ));
}

/** Its label leads on, by keys too. A line without room for one does not: a finger could not tell it from its neighbour. */
function MarkLine({ mark, label, x, row, side, room, band }: PlacedMark & { band: number }) {
  const title = `${mark.label}, ${fullMoment(mark.at)}`;
  const line = { className: `chart-mark chart-mark-${mark.kind}`, style: { left: x, top: -band }, title };
  const href = leadsTo(mark);
  const place = {
    className: `chart-mark-${side}`,
    style: { top: (row ?? 0) * ROW_PIXELS, maxWidth: room },
  };
  return (
    <div {...line}>
      {row !== null && href === null && <span {...place}>{label}</span>}
      {row !== null && href !== null && (
        <Link {...place} href={href} title={title} aria-label={title} draggable={false}>
          {label}
        </Link>
      )}
    </div>
  );
}
