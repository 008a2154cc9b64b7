// The plot of a metric: lines named where they end, measured values that lead to traces, and the lines as a table.

import { useMemo } from "react";
import { Link } from "wouter";
import type { Mark, MetricLine, MetricSeries } from "../../api/types";
import { type Bucket, type Line, REST, SERIES, type Spot } from "../../charts/lines";
import { bucketWords } from "../../charts/rough";
import type { Unit } from "../../charts/scale";
import { inUnit } from "../../charts/scale";
import { TimeChart } from "../../charts/TimeChart";
import { useEarlier } from "../../charts/useEarlier";
import { Rows } from "../../export/context";
import { Moment } from "../../parts/Moment";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { type Column, Table } from "../../parts/Table";
import { tracePath } from "../../paths";
import type { Compared, Range } from "../../range/range";
import { count, countOf, shortened } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { clock, when } from "../../words/moments";
import { unitName, unitWords } from "../../words/units";
import { functionWords } from "./Asked";
import { kindWords } from "./MetricList";

type Props = {
  series: MetricSeries;
  marks: readonly Mark[];
  /** The same metric at the time it is compared with, once it is read. */
  before: MetricSeries | undefined;
  compared: Compared | null;
  onBrush: (range: Range) => void;
};

export const CHART_PIXELS = 320;
const NAME_LETTERS = 24;
/** Beside a name there is room for the bound alone. */
const IN_ONE = " (one bucket)";
const LETTER_PIXELS = 6.2;
const TRACES_SHOWN = 6;
/** The least top of the axis: hardly above nothing, as a value may be a microsecond; but 1 where there is none at all. */
const LEAST = 1e-9;
const LEAST_OF_NOTHING = 1;
/** Functions whose values are measured values, so that single ones can be marked among them. */
const MEASURED = /^(p[\d.]+|avg|min|max|last)$/;
const SHARE_NAMES = /[._](utilization|ratio)$/;

export function Plot({ series, marks, before, compared, onBrush }: Props) {
  const { name, unit: ucum, fn } = series;
  const unit = useMemo(() => unitOf({ name, unit: ucum, fn }), [name, ucum, fn]);
  const lines = useMemo(() => linesOf(series), [series]);
  const under = useMemo(() => before && { times: before.times_epoch, lines: linesOf(before) }, [before]);
  const earlier = useEarlier(under, compared);
  const spots = useMemo(() => spotsOf(series), [series]);
  const longest = Math.max(0, ...lines.map((line) => line.tag?.length ?? 0));
  return (
    <Panel name={series.name} of={titleOf(series)} aside={`${durationWords(series.step_seconds)} per step`}>
      <TimeChart
        label={`${functionWords(series.fn)} of ${series.name}`}
        times={series.times_epoch}
        lines={lines}
        unit={unit}
        least={lines.some((line) => line.values.some(Boolean)) ? LEAST : LEAST_OF_NOTHING}
        height={CHART_PIXELS}
        marks={marks}
        spots={spots}
        earlier={earlier}
        room={Math.max(34, Math.ceil(longest * LETTER_PIXELS) + 12)}
        onBrush={onBrush}
      />
      <Notes series={series} />
    </Panel>
  );
}

function unitOf({ name, unit, fn }: Pick<MetricSeries, "name" | "unit" | "fn">): Unit {
  return unit === "1" && SHARE_NAMES.test(name) && fn !== "rate" ? "ratio" : { ucum: unit };
}

function titleOf({ fn, unit, series }: MetricSeries): string {
  return [functionWords(fn).split(",")[0], unitWords(unit), countOf(series, "series")]
    .filter(Boolean)
    .join(" · ");
}

/** What a line is called: the values it is grouped by. */
export function lineName(line: MetricLine, series: MetricSeries): string {
  if (line.is_rest) return countOf(line.series, "more series");
  const values = Object.entries(line.labels).map(([key, value]) => (value === "" ? `no ${key}` : value));
  return values.join(" · ") || (series.series === 1 ? "1 series" : `all ${count(series.series)} series`);
}

function linesOf(series: MetricSeries): Line[] {
  const several = series.lines.length > 1;
  return series.lines.map((line, place) => {
    const name = lineName(line, series);
    const label = name.length <= NAME_LETTERS ? name : `${name.slice(0, NAME_LETTERS - 1)}…`;
    const bucket = latestBucket(line);
    const whole = bucket === null ? "" : bucketWords(bucket, unitOf(series));
    const words = several ? whole.replace(IN_ONE, "") : whole;
    return {
      label,
      values: line.values,
      colour: colourOf(line, place),
      filled: !several,
      tagged: several || bucket !== null,
      tag: [several && label, words].filter(Boolean).join(" · "),
      ...(line.rough_steps.length > 0 && { buckets: line.rough_steps }),
    };
  });
}

function colourOf(line: MetricLine, place: number) {
  return line.is_rest ? REST : (SERIES[place % SERIES.length] ?? REST);
}

function spotsOf(series: MetricSeries): Spot[] {
  if (!MEASURED.test(series.fn)) return [];
  return series.exemplars.map((one) => ({
    at: new Date(one.at).getTime() / 1000,
    value: one.value,
    href: tracePath(one.trace_id),
    label: `${inUnit(one.value, { ucum: series.stream.unit })} at ${clock(one.at)} in ${one.service}: open its trace`,
  }));
}

/** What a reader must know to trust the lines: whether they are old, and what is not among them. */
function Notes({ series }: { series: MetricSeries }) {
  const notes = [
    series.is_stale &&
      series.last_seen !== null &&
      `Stale: no point since ${when(series.last_seen)}, longer than the staleness window.`,
    ...series.others.map(
      (other) =>
        `Not drawn: ${countOf(other.series, "series")} of ${kindWords(other.kind, other.is_monotonic)} in ${unitName(other.unit) || "no unit"}, from ${other.services.join(", ")}.`,
    ),
    series.reported_every_seconds > 0 && `Reported every ${durationWords(series.reported_every_seconds)}.`,
    series.lines.some(({ rough, rough_steps: steps }) => rough !== null || steps.length > 0) &&
      "Dashed: only the shaded bucket is measured; where in it the value lies is assumed.",
    series.exemplars.length > 0 &&
      MEASURED.test(series.fn) &&
      "Diamonds are exemplars; each links to its trace.",
  ].filter((note) => note !== false);
  return notes.length > 0 && <p className="footnote">{notes.join(" ")}</p>;
}

function latestBucket({ values, rough_steps: buckets }: MetricLine): Bucket | null {
  return buckets[values.findLastIndex((value) => value !== null)] ?? null;
}

const down = (one: number | null, other: number | null) =>
  (other ?? Number.NEGATIVE_INFINITY) - (one ?? Number.NEGATIVE_INFINITY);

export function Lines({ series }: { series: MetricSeries }) {
  const unit = unitOf(series);
  const shown = (value: number | null, bucket: Bucket | null) =>
    bucket !== null ? bucketWords(bucket, unit) : value === null ? "—" : inUnit(value, unit);
  const places = new Map(series.lines.map((line, place) => [line, place]));
  const columns: Column<MetricLine>[] = [
    {
      key: "line",
      words: series.by.length > 0 && series.by[0] !== "*" ? series.by.join(" · ") : "Line",
      wide: true,
      order: (one, other) => lineName(one, series).localeCompare(lineName(other, series)),
      cell: (line) => (
        <span
          title={Object.entries(line.labels)
            .map(([key, value]) => `${key} = ${value}`)
            .join("\n")}
        >
          <i
            className="line-sign"
            style={{ background: `var(--${colourOf(line, places.get(line) ?? 0)})` }}
          />
          {lineName(line, series)}
        </span>
      ),
    },
    {
      key: "latest",
      words: "Newest",
      number: true,
      order: (one, other) => down(one.latest, other.latest),
      cell: (line) => shown(line.latest, latestBucket(line)),
    },
    {
      key: "overall",
      words: "Over the range",
      number: true,
      order: (one, other) => down(one.overall, other.overall),
      cell: (line) => shown(line.overall, line.rough),
    },
    {
      key: "series",
      words: "Series",
      number: true,
      order: (one, other) => other.series - one.series,
      cell: (line) => count(line.series),
    },
  ];
  return (
    <Table
      label="Lines"
      titled
      columns={columns}
      rows={series.lines}
      rowKey={(line) => (line.is_rest ? "rest" : JSON.stringify(line.labels))}
      nothing="No data: no series matches these filters, or too few points have arrived."
    />
  );
}

export function Traces({ series }: { series: MetricSeries }) {
  // Only histograms and counters usually have any; of others nobody misses them.
  if (series.exemplars.length === 0 && !series.stream.kind.endsWith("histogram")) return null;
  const highest = [...series.exemplars].sort((one, other) => other.value - one.value).slice(0, TRACES_SHOWN);
  return (
    <Panel name="Exemplars" of="highest values with a trace">
      <Rows of={series.exemplars} />
      {highest.length === 0 && <Quiet>The senders attach no exemplars.</Quiet>}
      <ul className="exemplars">
        {highest.map((one) => (
          <li key={`${one.trace_id} ${one.at}`} className="listed metric-trace">
            <Link href={tracePath(one.trace_id)} className="link" title={one.trace_id}>
              {shortened(one.trace_id)}
            </Link>
            <span>{one.service}</span>
            <span className="number">{inUnit(one.value, { ucum: series.stream.unit })}</span>
            <span className="number muted">
              <Moment at={one.at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
