// Service: rate, errors and durations, by operation.

import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { segment } from "../app/address";
import { Page } from "../app/Page";
import { useService, useServiceSeries } from "../api/queries";
import type { Operation, ServiceDetail, ServiceSeries } from "../api/types";
import type { Line } from "../charts/lines";
import { TimeChart } from "../charts/TimeChart";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Quiet } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
import { RangePicker } from "../parts/RangePicker";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { rangeWords, useRange } from "../range/range";
import { lookOf, OBJECTIVE_STATES } from "../states/states";
import { count, perSecond, percent } from "../words/counts";
import { latencyWords } from "../words/durations";
import { when } from "../words/moments";

const PARENT = { href: "/services", name: "Services" };
const CHART_PIXELS = 196;

export default function ServicePage({ name }: { name: string }) {
  const range = useRange();
  const looked = range.or("now-1h");
  const service = useService(name, looked);
  const [search, setSearch] = useSearchParams();
  const operation = search.get("operation");
  const pick = (value: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value === "") after.delete("operation");
      else after.set("operation", value);
      return after;
    });
  return (
    <Page
      title={name}
      parent={PARENT}
      beside={rangeWords(looked)}
      reads={[service]}
      tools={
        <>
          <Picker label="Operation" value={operation ?? ""} options={operationsOf(service.data)} onPick={pick} />
          <RangePicker usual="last 1 h" />
        </>
      }
    >
      <Answered query={service} bones={<ServiceBones />}>
        {(data) => (
          <>
            <Strip cells={cellsOf(data)} />
            <Charts name={name} operation={operation} />
            <div className="grid service-below">
              <Operations service={data} onPick={pick} />
              <Objectives service={data} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function operationsOf(service: ServiceDetail | undefined) {
  const known = service?.operations ?? [];
  return [{ value: "", words: "all" }, ...known.map(({ operation }) => ({ value: operation, words: operation }))];
}

function cellsOf(service: ServiceDetail): Cell[] {
  return [
    { label: "Rate", value: perSecond(service.rate_per_second), note: `${count(service.requests)} requests`, href: "#rate" },
    {
      label: "Errors",
      value: percent(service.error_ratio, 2),
      note: `${count(service.errors)} of ${count(service.requests)} requests`,
      tone: (service.error_ratio ?? 0) >= 0.01 ? "bad" : "plain",
      href: "#errors",
    },
    { label: "Duration, p99", value: latencyWords(service.p99_seconds), note: `p50 ${latencyWords(service.p50_seconds)} · p90 ${latencyWords(service.p90_seconds)}`, href: "#duration" },
    { label: "Versions", value: service.versions.join(", ") || "—", note: service.versions.length > 1 ? "side by side" : "everywhere" },
    { label: "Zones", value: count(service.zones.length), note: `${service.zones.join(", ")}${service.last_seen ? ` · seen ${when(service.last_seen)}` : ""}` },
  ];
}

function Charts({ name, operation }: { name: string; operation: string | null }) {
  const range = useRange();
  const series = useServiceSeries(name, range.or("now-1h"), operation);
  const of = operation ?? undefined;
  const charts = [
    { id: "rate", title: "Rate", unit: "per_second", lines: rateLines, least: 1 },
    { id: "errors", title: "Errors", unit: "ratio", lines: errorLines, least: 0.01 },
    { id: "duration", title: "Duration", unit: "seconds", lines: durationLines, least: 0.01 },
  ] as const;
  return (
    <div className="grid service-charts">
      {charts.map(({ id, title, unit, lines, least }) => (
        <Panel key={id} id={id} name={title} of={of}>
          <Answered query={series} small bones={<ChartBones height={CHART_PIXELS} />}>
            {(data) => <Chart title={title} series={data} unit={unit} lines={lines} least={least} onBrush={range.choose} />}
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
  least: number;
};

function Chart({ title, series, lines, ...rest }: ChartProps) {
  const made = useMemo(() => lines(series), [lines, series]);
  return <TimeChart label={title} times={series.times_epoch} lines={made} height={CHART_PIXELS} marks={series.marks} {...rest} />;
}

function rateLines(series: ServiceSeries): Line[] {
  return [{ label: "rate", colour: "accent", filled: true, values: series.requests.map((requests) => requests / series.step_seconds) }];
}

function errorLines(series: ServiceSeries): Line[] {
  const values = series.errors.map((errors, index) => (series.requests[index] ? errors / series.requests[index] : null));
  return [{ label: "errors", colour: "bad", filled: true, values }];
}

function durationLines(series: ServiceSeries): Line[] {
  return [
    { label: "p99", colour: "bad", tagged: true, values: series.p99_seconds },
    { label: "p90", colour: "warn", tagged: true, values: series.p90_seconds },
    { label: "p50", colour: "accent", tagged: true, values: series.p50_seconds },
  ];
}

function Operations({ service, onPick }: { service: ServiceDetail; onPick: (operation: string) => void }) {
  return <Table label="Operations" columns={columnsOf(onPick)} rows={service.operations} rowKey={(row) => `${row.kind} ${row.operation}`} nothing="No operation was called in this range." />;
}

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);

function columnsOf(onPick: (operation: string) => void): Column<Operation>[] {
  return [
    {
      key: "operation",
      words: "Operation",
      wide: true,
      order: (one, other) => one.operation.localeCompare(other.operation),
      cell: (row) => (
        <button type="button" className="as-link strong" data-row={row.operation} onClick={() => onPick(row.operation)} title="Chart this operation alone">
          {row.operation}
        </button>
      ),
    },
    { key: "kind", words: "Kind", cell: (row) => <span className="muted">{row.kind}</span> },
    { key: "rate", words: "Rate", number: true, order: (one, other) => down(one.rate_per_second, other.rate_per_second), cell: (row) => perSecond(row.rate_per_second) },
    {
      key: "errors",
      words: "Errors",
      number: true,
      order: (one, other) => down(one.error_ratio, other.error_ratio),
      cell: (row) => (
        <span className={(row.error_ratio ?? 0) >= 0.01 ? "tone-bad" : undefined}>
          {count(row.errors)} · {percent(row.error_ratio, 2)}
        </span>
      ),
    },
    ...(["p50", "p90", "p99"] as const).map(
      (quantile): Column<Operation> => ({
        key: quantile,
        words: quantile,
        number: true,
        order: (one, other) => down(one[`${quantile}_seconds`], other[`${quantile}_seconds`]),
        cell: (row) => latencyWords(row[`${quantile}_seconds`]),
      }),
    ),
  ];
}

function Objectives({ service }: { service: ServiceDetail }) {
  return (
    <Panel name="Its objectives">
      {service.objectives_list.length === 0 ? (
        <Quiet>No objective is kept on {service.name}.</Quiet>
      ) : (
        <ul>
          {service.objectives_list.map((objective) => (
            <li key={objective.name} className="listed" style={{ gridTemplateColumns: "minmax(0, 1fr) auto" }}>
              <Link href={`/objectives/${segment(objective.name)}`} className="name-link">
                {objective.display_name}
              </Link>
              <StateChip look={lookOf(OBJECTIVE_STATES, objective.state)} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ServiceBones() {
  return (
    <>
      <StripBones />
      <div className="grid service-charts">
        {["Rate", "Errors", "Duration"].map((name) => (
          <Panel key={name} name={name}>
            <ChartBones height={CHART_PIXELS} />
          </Panel>
        ))}
      </div>
      <RowBones rows={4} />
    </>
  );
}
