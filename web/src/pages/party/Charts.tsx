// Calls of a party over the last hour at least: how many, how many failed, how long they took.

import { useMemo } from "react";
import type { CallsOfMap } from "../../api/types";
import type { Line } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { Panel } from "../../parts/Panel";
import { useRange } from "../../range/range";
import { perSecond, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { usualArea } from "../service/usual";
import { failedRatio } from "../map/judgement";

const CHART_PIXELS = 150;

/** The charts are of an hour at least; the figures beside their names are of the range, and say so. */
export function PartyCharts({ calls, over }: { calls: CallsOfMap; over: string }) {
  const { brush } = useRange();
  const { now, usual } = calls;
  const lines = useMemo(() => linesOf(calls), [calls]);
  const areas = useMemo(() => areasOf(calls), [calls]);
  const charts = [
    {
      name: "Calls",
      of: "a second",
      unit: "per_second",
      least: 1,
      line: lines.rate,
      area: areas.rate,
      now: perSecond(now.rate_per_second),
      usual: usual && perSecond(usual.rate_per_second),
    },
    {
      name: "Failed",
      of: "share of calls",
      unit: "ratio",
      least: 0.01,
      line: lines.failed,
      area: areas.failed,
      now: percent(failedRatio(now), 1),
      usual: usual && percent(usual.error_ratio, 1),
    },
    {
      name: "Time to answer",
      of: "p99",
      unit: "seconds",
      least: 0.01,
      line: lines.slowest,
      area: areas.slowest,
      now: latencyWords(now.p99_seconds),
      usual: usual && latencyWords(usual.p99_seconds),
    },
  ] as const;
  return (
    <div className="grid service-charts">
      {charts.map(({ name, of, unit, least, line, area, now: value, usual: usually }) => (
        <Panel
          key={name}
          name={name}
          of={of}
          aside={`${value} ${over}${usually ? ` · usual ${usually}` : ""}`}
        >
          <TimeChart
            label={name}
            times={calls.times_epoch}
            lines={line}
            areas={area}
            unit={unit}
            least={least}
            height={CHART_PIXELS}
            onBrush={brush}
          />
        </Panel>
      ))}
    </div>
  );
}

/** What is usual at each time, as behind the charts of a service. */
function areasOf({ usual_series: usual }: CallsOfMap) {
  return {
    rate: usualArea({ usual }, "rate_per_second"),
    failed: usualArea({ usual }, "error_ratio"),
    slowest: usualArea({ usual }, "p99_seconds"),
  };
}

function linesOf({ calls, errors, proxy_errors: byMesh, p99_seconds: p99, step_seconds: step }: CallsOfMap) {
  const failed = calls.map((made, index) =>
    made === 0 ? null : ((errors[index] ?? 0) + (byMesh[index] ?? 0)) / made,
  );
  const line = (label: string, colour: Line["colour"], values: Line["values"]): Line[] => [
    { label, colour, values, filled: true },
  ];
  return {
    rate: line(
      "calls",
      "accent",
      calls.map((made) => made / step),
    ),
    failed: line("failed", "bad", failed),
    slowest: [{ label: "p99", colour: "bad", values: p99 } satisfies Line],
  };
}
