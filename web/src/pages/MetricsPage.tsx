// Metrics: select one, filter and group it, choose what to draw; all of it is in the URL.

import { useMetric, useMetrics, useMetricSeries } from "../api/metricQueries";
import { Page } from "../app/Page";
import { optional, useSearchState } from "../app/searchState";
import { useChangeMarks } from "../charts/changeMarks";
import { ChartBones, LineBones, RowBones } from "../parts/Bones";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { RangePicker } from "../parts/RangePicker";
import { Search, useFilter } from "../parts/Search";
import { metricsPath } from "../paths";
import { rangeWords, useCompared, useRange } from "../range/range";
import { count } from "../words/counts";
import { Asked } from "./metrics/Asked";
import { useAsked } from "./metrics/asking";
import { Facets } from "./metrics/Facets";
import { MetricList } from "./metrics/MetricList";
import { MetricTable } from "./metrics/MetricTable";
import { CHART_PIXELS, Lines, Plot, Traces } from "./metrics/Plot";

const USUAL = "now-1h";
const PARAMS = { service: optional };
const PARENT = { href: metricsPath(), name: "Metrics" };

export default function MetricsPage({ name }: { name: string | null }) {
  return name === null ? <AllMetrics /> : <OneMetric key={name} name={name} />;
}

function AllMetrics() {
  const range = useRange();
  const looked = range.or(USUAL);
  const [typed, setTyped] = useFilter();
  const [{ service }, set] = useSearchState(PARAMS);
  const metrics = useMetrics(looked, typed, service);
  return (
    <Page
      title="Metrics"
      lists="/api/v1/metrics"
      beside={rangeWords(looked)}
      reads={[metrics]}
      tools={
        <>
          {service !== null && (
            <button type="button" className="button" onClick={() => set({ service: null })}>
              Service <b>{service}</b> <span aria-hidden="true">×</span>
              <span className="hidden-words">: show those of all services</span>
            </button>
          )}
          <RangePicker usual={USUAL} />
          <Search label="Find a metric" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered query={metrics} bones={<RowBones rows={12} />}>
        {({ items, next }) =>
          items.length === 0 && typed === "" ? (
            service === null ? (
              <NoMetrics />
            ) : (
              <Quiet>{service} sent no points in this range.</Quiet>
            )
          ) : (
            <>
              <MetricTable items={items} typed={typed} chosen={range.chosen} />
              {next !== null && (
                <p className="footnote metric-more">
                  These are the first {count(items.length)} by name. More match: type more of the name.
                </p>
              )}
            </>
          )
        }
      </Answered>
    </Page>
  );
}

function NoMetrics() {
  return (
    <Unsent of="/api/v1/metrics">
      <Empty
        title="No points received in this range"
        command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317"
      >
        Metrics appear here with their kind, series and a plot. Point any OpenTelemetry SDK or Collector at
        this machine; no other setting is needed.
      </Empty>
    </Unsent>
  );
}

function OneMetric({ name }: { name: string }) {
  const range = useRange();
  const looked = range.or(USUAL);
  const asked = useAsked();
  const [typed, setTyped] = useFilter();
  const metrics = useMetrics(looked, typed);
  const metric = useMetric(name, looked);
  const series = useMetricSeries(name, looked, asked.ask);
  const compared = useCompared(looked);
  const before = useMetricSeries(name, compared && compared.range, asked.ask);
  const marks = useChangeMarks(looked, asked.services ?? series.data?.stream.services ?? []);
  return (
    <Page
      title={name}
      lists="/api/v1/metrics/{name}/series"
      parent={PARENT}
      beside={rangeWords(looked)}
      reads={[metric, series]}
      tools={<RangePicker usual={USUAL} compares />}
    >
      <div className="grid metrics-room">
        <div className="stack">
          <MetricList
            metrics={metrics}
            current={name}
            typed={typed}
            onType={setTyped}
            chosen={range.chosen}
          />
          {metric.data && <Facets attributes={metric.data.attributes} asked={asked} />}
          {metric.isPending && (
            <Panel name="Attributes">
              <LineBones lines={5} />
            </Panel>
          )}
        </div>
        <div className="stack">
          {metric.data && <Asked metric={metric.data} series={series.data} asked={asked} />}
          <Answered query={series} bones={<PlotBones name={name} />}>
            {(data) => (
              <>
                <Plot
                  series={data}
                  marks={marks}
                  before={before.isPlaceholderData ? undefined : before.data}
                  compared={compared}
                  onBrush={range.brush}
                />
                <Lines series={data} />
                <Traces series={data} />
              </>
            )}
          </Answered>
        </div>
      </div>
    </Page>
  );
}

function PlotBones({ name }: { name: string }) {
  return (
    <>
      <Panel name={name}>
        <ChartBones height={CHART_PIXELS} />
      </Panel>
      <RowBones rows={4} />
    </>
  );
}
