// Map: where does it come from? Who calls whom, how often, how long, and where calls fail.

import { lazy, Suspense, useCallback } from "react";
import { useSearchParams } from "wouter";
import { Page } from "../app/Page";
import { useMap } from "../api/queries";
import type { ServiceMap } from "../api/types";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
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
  const looked = range.or("now-1h");
  const [view, filters, set] = useView();
  const map = useMap(looked, filters);
  return (
    <Page
      title="Map"
      beside={rangeWords(looked)}
      reads={[map]}
      tools={
        <>
          <RangePicker usual="last 1 h" />
          <Choice label="Zone" value={filters.zone} names={map.data?.zones ?? []} onPick={(zone) => set("zone", zone)} />
          <Choice label="Version" value={filters.version} names={map.data?.versions ?? []} onPick={(version) => set("version", version)} />
          <Choice label="Around" value={filters.around} names={servicesOf(map.data)} onPick={(service) => set("around", service)} />
          <Picker label="As" value={view} options={VIEWS} onPick={(value) => set("view", value === "drawing" ? ALL : value)} />
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
                {filters.around !== ALL && <Around service={filters.around} onClear={() => set("around", ALL)} />}
                {data.edges.length === 0 ? (
                  <Empty title="No calls match">In this range no call passes the filters. Choose another zone or version, or all of them.</Empty>
                ) : view === "table" ? (
                  <EdgeTable map={data} range={range.chosen} nothing="No calls." />
                ) : (
                  <Panel name="Calls" of="from left to right; rate, share that failed, time 99 of 100 stay under" aside={<Settled map={data} />}>
                    <div className="map" role="group" aria-label="Map of calls; choose As table for the same in rows">
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
];
type Filters = { zone: string; version: string; around: string };

/** What is shown, kept in the URL. */
function useView(): [string, Filters, (key: string, value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (key: string, value: string) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        if (value === ALL) after.delete(key);
        else after.set(key, value);
        return after;
      }),
    [setSearch],
  );
  const filters = { zone: search.get("zone") ?? ALL, version: search.get("version") ?? ALL, around: search.get("around") ?? ALL };
  return [search.get("view") === "table" ? "table" : "drawing", filters, set];
}

function servicesOf(map: ServiceMap | undefined): string[] {
  return (map?.nodes ?? []).filter((node) => node.kind === "service").map((node) => node.name);
}

function isUnfiltered(filters: Filters): boolean {
  return filters.zone === ALL && filters.version === ALL && filters.around === ALL;
}

function Choice({ label, value, names, onPick }: { label: string; value: string; names: readonly string[]; onPick: (value: string) => void }) {
  const known = value === ALL || names.includes(value) ? names : [value, ...names];
  return <Picker label={label} value={value} shown={value === ALL ? "all" : value} options={[{ value: ALL, words: "All" }, ...known.map((name) => ({ value: name, words: name }))]} onPick={onPick} />;
}

function Around({ service, onClear }: { service: string; onClear: () => void }) {
  return (
    <p className="map-around-words">
      Only who calls <b>{service}</b>, and whom it calls.{" "}
      <button type="button" className="button button-small" onClick={onClear}>
        Show all calls
      </button>
    </p>
  );
}

function Settled({ map }: { map: ServiceMap }) {
  if (map.settled_until === null) return null;
  return <span title="Spans come in batches: calls are put on the map once both ends had time to arrive. Late ones are added.">complete until {clockSeconds(map.settled_until)}</span>;
}

function NoCalls() {
  return (
    <Empty title="No calls in this range" command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317">
      Who calls whom stands here, some twenty seconds after the calls, with databases, caches, queues and providers. Point any OpenTelemetry SDK at this machine; no other setting is needed.
    </Empty>
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
  const outside = map.edges.filter((edge) => edge.source === "ingress").reduce((sum, edge) => sum + edge.rate_per_second, 0);
  return [
    { label: "Services", value: count(services.length) },
    { label: "Services that hurt", value: count(hurt), tone: hurt > 0 ? "bad" : "plain" },
    { label: "Edges where over 1% of calls fail", value: count(failing), tone: failing > 0 ? "warn" : "plain" },
    { label: "Calls from outside", value: perSecond(outside) },
  ];
}
