// Rate, errors and duration of a service, or of one of its operations; an interval drawn over one is chosen for all.

import { useMemo } from "react";
import { useServiceSeries } from "../../api/services";
import type { ServiceSeries } from "../../api/types";
import type { Line } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { useEarlier } from "../../charts/useEarlier";
import { ChartBones } from "../../parts/Bones";
import { Answered } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { type Compared, useCompared, useRange } from "../../range/range";
import { usualArea, usualWords } from "./usual";

export const CHART_PIXELS = 196;

type Props = { name: string; namespace: string | null; operation: string | null };

export function Charts({ name, namespace, operation }: Props) {
  const range = useRange();
  const looked = range.or("now-1h");
  const series = useServiceSeries(name, namespace, looked, operation);
  const compared = useCompared(looked);
  const before = useServiceSeries(name, namespace, compared && compared.range, operation);
  const charts = [
    { id: "rate", title: "Rate", unit: "per_second", lines: rateLines, least: 1, of: "rate_per_second" },
    { id: "errors", title: "Errors", unit: "ratio", lines: errorLines, least: 0.01, of: "error_ratio" },
    {
      id: "duration",
      title: "Duration",
      unit: "seconds",
      lines: durationLines,
      least: 0.01,
      of: "p99_seconds",
    },
  ] as const;
  return (
    <div className="grid service-charts">
      {charts.map(({ id, title, unit, lines, least, of }) => (
        <Panel
          key={id}
          id={id}
          name={title}
          of={operation ?? undefined}
          aside={series.data && usualWords(series.data, of, unit)}
        >
          <Answered query={series} small bones={<ChartBones height={CHART_PIXELS} />}>
            {(data) => (
              <Chart
                title={title}
                series={data}
                unit={unit}
                lines={lines}
                usual={of}
                least={least}
                onBrush={range.brush}
                compared={compared}
                before={before.isPlaceholderData ? undefined : before.data}
              />
            )}
          </Answered>
        </Panel>
      ))}
    </div>
  );
}

type ChartProps = Pick<React.ComponentProps<typeof TimeChart>, "unit" | "onBrush"> & {
  title: string;
  series: ServiceSeries;
  lines: (series: ServiceSeries) => Line[];
  usual: Parameters<typeof usualArea>[1];
  least: number;
  compared: Compared | null;
  before: ServiceSeries | undefined;
};

function Chart({ title, series, lines, usual, compared, before, ...rest }: ChartProps) {
  const areas = useMemo(() => usualArea(series, usual), [series, usual]);
  const made = useMemo(() => lines(series), [lines, series]);
  const under = useMemo(() => before && { times: before.times_epoch, lines: lines(before) }, [lines, before]);
  const earlier = useEarlier(under, compared);
  return (
    <TimeChart
      label={title}
      times={series.times_epoch}
      lines={made}
      height={CHART_PIXELS}
      marks={series.marks}
      earlier={earlier}
      areas={areas}
      {...rest}
    />
  );
}

function rateLines(series: ServiceSeries): Line[] {
  return [
    {
      label: "rate",
      colour: "accent",
      filled: true,
      values: series.requests.map((requests) => requests / series.step_seconds),
    },
  ];
}

function errorLines(series: ServiceSeries): Line[] {
  const values = series.errors.map((errors, index) =>
    series.requests[index] ? errors / series.requests[index] : null,
  );
  return [{ label: "errors", colour: "bad", filled: true, values }];
}

function durationLines(series: ServiceSeries): Line[] {
  return [
    { label: "p99", colour: "bad", tagged: true, values: series.p99_seconds },
    { label: "p90", colour: "warn", tagged: true, values: series.p90_seconds },
    { label: "p50", colour: "accent", tagged: true, values: series.p50_seconds },
  ];
}
