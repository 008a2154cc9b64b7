import { useMemo } from "react";
import type { LogHistogram, Severity } from "../../api/logs";
import type { Mark } from "../../api/types";
import type { Line } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { Sign } from "../../parts/Sign";
import type { Range } from "../../range/range";
import { count } from "../../words/counts";
import { SEVERITIES } from "./looks";
import type { LogSearch } from "./search";

export const CHART_PIXELS = 132;

/** Worst at the bottom, where bars are compared best. What nobody looks for is paler than what is usual. */
const COLOURS: Record<Severity, Pick<Line, "colour" | "pale">> = {
  fatal: { colour: "bad" },
  error: { colour: "bad" },
  warn: { colour: "warn" },
  info: { colour: "faint" },
  debug: { colour: "faint", pale: true },
  trace: { colour: "faint", pale: true },
  unspecified: { colour: "faint", pale: true },
};

/** Lines over time by how bad they are; drawing over it chooses that interval. */
export function LogChart({
  histogram,
  marks,
  onBrush,
}: {
  histogram: LogHistogram;
  marks: readonly Mark[];
  onBrush: (range: Range) => void;
}) {
  const lines = useMemo(
    () =>
      histogram.severities.map(({ severity, lines: values }): Line => ({
        label: SEVERITIES[severity].word,
        values,
        ...COLOURS[severity],
      })),
    [histogram],
  );
  const bars = useMemo(() => ({ seconds: histogram.step_seconds }), [histogram.step_seconds]);
  return (
    <TimeChart
      label="Lines"
      times={histogram.times_epoch}
      lines={lines}
      unit="count"
      least={4}
      height={CHART_PIXELS}
      bars={bars}
      marks={marks}
      onBrush={onBrush}
    />
  );
}

/** How many lines of each severity there are; each is asked for with a click. */
export function LogLegend({ histogram, search }: { histogram: LogHistogram; search: LogSearch }) {
  return (
    <div className="log-legend" role="group" aria-label="Lines by severity">
      {histogram.severities.map(({ severity, total }) => {
        const { sign, word, tone } = SEVERITIES[severity];
        const condition = `severity=${severity}`;
        return (
          <button
            key={severity}
            type="button"
            aria-pressed={search.where.includes(condition)}
            onClick={() => search.turn(condition)}
          >
            <span className={`tone-${tone}`}>
              <Sign sign={sign} /> {word}
            </span>{" "}
            <b>{count(total)}</b>
          </button>
        );
      })}
    </div>
  );
}
