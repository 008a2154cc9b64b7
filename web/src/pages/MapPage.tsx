// Map: where does it come from? Who calls whom, how often, how long, and where calls fail.

import { lazy, Suspense } from "react";
import { Page } from "../app/Page";
import { oneOf, text, useSearchState } from "../app/searchState";
import { useMap } from "../api/queries";
import type { ServiceMap } from "../api/types";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { type Cell, Strip } from "../parts/Strip";
import { rangeWords, useRange } from "../range/range";
import { count, perSecond } from "../words/counts";
import { clockSeconds } from "../words/moments";
import { lookOfCalls, lookOfNode } from "./map/looks";
import { EdgeTable } from "./map/Tables";

const Canvas = lazy(() => import("./map/Canvas"));
const ALL = "";

export default function MapPage() {
  const range = useRange();
  const looked = range.or("now-5m");
  const [{ view, ...filters }, set] = useSearchState(PARAMS);
  const map = useMap(looked, filters);
  return (
    <Page
      title="Map"
      lists="/api/v1/map"
      beside={rangeWords(looked)}
      reads={[map]}
      tools={
        <>
          <RangePicker usual="now-5m" />
          <Choice
            label="Zone"
            value={filters.zone}
            names={map.data?.zones ?? []}
            onPick={(zone) => set({ zone })}
          />
          <Choice
            label="Version"
            value={filters.version}
            names={map.data?.versions ?? []}
            onPick={(version) => set({ version })}
          />
          <Choice
            label="Around"
            value={filters.around}
            names={servicesOf(map.data)}
            onPick={(service) => set({ around: service })}
          />
          <Picker label="View" value={view} options={VIEWS} onPick={(value) => set({ view: value })} />
        </>
      }
    >
      <Answered query={map} bones={<Bones isTable={view === "table"} />}>
        {(data) =>
          data.edges.length === 0 && isUnfiltered(filters) ? (
            <NoCalls />
          ) : (
            <>
              <Strip cells={cellsOf(data)} notes={false} />
              <div className="grid">
                {filters.around !== ALL && (
                  <Around service={filters.around} onClear={() => set({ around: ALL })} />
                )}
                {data.edges.length === 0 ? (
                  <Empty title="No calls match">
                    No call in this range matches the filters. Select another zone or version, or all of them.
                  </Empty>
                ) : view === "table" ? (
                  <EdgeTable map={data} range={range.chosen} nothing="No calls." />
                ) : (
                  <Panel
                    name="Calls"
                    of="from left to right; rate, error ratio, p99"
                    aside={<Settled map={data} />}
                  >
                    <div
                      className="map"
                      role="group"
                      aria-label="Map of calls; select View table for the same as rows"
                    >
                      <Suspense fallback={<ChartBones height={520} />}>
                        <Canvas map={data} range={range.chosen} />
                      </Suspense>
                    </div>
                  </Panel>
                )}
              </div>
            </>
          )
        }
      </Answered>
    </Page>
  );
}

const VIEWS = [
  { value: "drawing", words: "drawing" },
  { value: "table", words: "table" },
] as const;
const PARAMS = {
  view: oneOf(["drawing", "table"], "drawing"),
  zone: text(ALL),
  version: text(ALL),
  around: text(ALL),
};
type Filters = { zone: string; version: string; around: string };

function servicesOf(map: ServiceMap | undefined): string[] {
  const services = (map?.nodes ?? []).filter((node) => node.kind === "service");
  return [...new Set(services.map((node) => node.name))];
}

function isUnfiltered(filters: Filters): boolean {
  return filters.zone === ALL && filters.version === ALL && filters.around === ALL;
}

function Choice({
  label,
  value,
  names,
  onPick,
}: {
  label: string;
  value: string;
  names: readonly string[];
  onPick: (value: string) => void;
}) {
  const known = value === ALL || names.includes(value) ? names : [value, ...names];
  return (
    <Picker
      label={label}
      value={value}
      shown={value === ALL ? "all" : value}
      options={[{ value: ALL, words: "All" }, ...known.map((name) => ({ value: name, words: name }))]}
      onPick={onPick}
    />
  );
}

function Around({ service, onClear }: { service: string; onClear: () => void }) {
  return (
    <p className="map-around-words">
      Only the callers and callees of <b>{service}</b>.{" "}
      <button type="button" className="button button-small" onClick={onClear}>
        Show all calls
      </button>
    </p>
  );
}

function Settled({ map }: { map: ServiceMap }) {
  if (map.settled_until === null) return null;
  return (
    <span title="Spans arrive in batches: a call appears on the map once both sides had time to arrive. Late spans are added.">
      complete until {clockSeconds(map.settled_until)}
    </span>
  );
}

function NoCalls() {
  return (
    <Unsent of="/api/v1/map">
      <Empty
        title="No calls in this range"
        command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317"
        actions={<LongerRange />}
      >
        Calls between services appear here about 20 seconds after they happen, with databases, caches, queues
        and providers. Point any OpenTelemetry SDK at this machine; no other setting is needed.
      </Empty>
    </Unsent>
  );
}

function Bones({ isTable }: { isTable: boolean }) {
  return (
    <>
      <StripBones cells={4} notes={false} />
      {isTable ? (
        <RowBones rows={8} />
      ) : (
        <div className="grid">
          <Panel name="Calls">
            <ChartBones height={520} />
          </Panel>
        </div>
      )}
    </>
  );
}

function cellsOf(map: ServiceMap): Cell[] {
  const services = map.nodes.filter((node) => node.kind === "service");
  const hurt = services.filter((node) => lookOfNode(node).tone === "bad").length;
  const failing = map.edges.filter((edge) => ["bad", "warn"].includes(lookOfCalls(edge).tone)).length;
  const outside = map.edges
    .filter((edge) => edge.source === "ingress")
    .reduce((sum, edge) => sum + edge.rate_per_second, 0);
  return [
    { label: "Services", value: count(services.length) },
    { label: "Failing services", value: count(hurt), tone: hurt > 0 ? "bad" : "plain" },
    {
      label: "Edges with over 1% errors",
      value: count(failing),
      tone: failing > 0 ? "warn" : "plain",
    },
    { label: "Calls from outside", value: perSecond(outside) },
  ];
}
