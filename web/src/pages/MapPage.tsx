// Map: where does it come from? Who calls whom, how often, how long, and where calls fail.

import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useEnvironment } from "../app/environment";
import { onKey, useKeysOf } from "../app/keys";
import { Page } from "../app/Page";
import { oneOf, optional, type SetState, text, useSearchState } from "../app/searchState";
import { useMap, useSilences } from "../api/queries";
import type { ServiceMap } from "../api/types";
import { Rows } from "../export/context";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty } from "../parts/Notice";
import { Unsent } from "../parts/NothingFrom";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { Strip } from "../parts/Strip";
import { rangeWords, useRange } from "../range/range";
import { clockSeconds } from "../words/moments";
import { Attention } from "./map/Attention";
import type { Pick } from "./map/Canvas";
import { cellsOf } from "./map/cells";
import { Side } from "./map/Side";
import { EdgeTable } from "./map/Tables";

const Canvas = lazy(() => import("./map/Canvas"));
const ALL = "";

export default function MapPage() {
  const range = useRange();
  const looked = range.or(NOW);
  const [{ view, edge, node, ...filters }, set] = useSearchState(PARAMS);
  const map = useMap(looked, filters);
  const lost = useSilences().data?.lost_zones ?? [];
  const isNarrow = useMediaQuery(NARROW, matchMedia(NARROW).matches);
  const chosen = { edge, node };
  const close = () => {
    document.querySelector<HTMLElement | SVGElement>('.map [aria-pressed="true"]')?.focus();
    set({ edge: null, node: null });
  };
  // Esc closes what is chosen, and the focus goes back to it.
  useKeysOf([
    onKey("v", () => set({ view: view === "table" ? "drawing" : "table" })),
    ...(edge || node ? [onKey("Escape", close)] : []),
  ]);
  return (
    <Page
      title="Map"
      lists="/api/v1/map"
      beside={rangeWords(looked)}
      reads={[map]}
      tools={<Tools map={map.data} view={view} filters={filters} set={set} />}
    >
      <Answered query={map} bones={<Bones isTable={view === "table"} />}>
        {(data) =>
          data.edges.length === 0 && isUnfiltered(filters) ? (
            <NoCalls />
          ) : (
            <>
              <div className="map-strip">
                <Strip cells={cellsOf(data, lost)} />
              </div>
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
                  <div className="map-and-side">
                    {!isNarrow && (
                      <Drawing map={data} isWhole={isUnfiltered(filters)} chosen={chosen} onChoose={set} />
                    )}
                    {edge || node ? (
                      <Side
                        map={data}
                        chosen={chosen}
                        range={looked}
                        onClose={() => set({ edge: null, node: null })}
                        onAround={(around) => set({ around })}
                      />
                    ) : (
                      !isNarrow && <Attention map={data} all={false} onChoose={set} />
                    )}
                    {isNarrow && <Attention map={data} all onChoose={set} />}
                  </div>
                )}
              </div>
            </>
          )
        }
      </Answered>
    </Page>
  );
}

/** The drawing needs the width of four layers beside the rail, or it would scroll sideways; below, the same is a list. */
const NARROW = "(max-width: 1099px)";
const NOW = "now-5m";

type DrawingProps = {
  map: ServiceMap;
  isWhole: boolean;
  chosen: Pick;
  onChoose: (pick: Pick) => void;
};

function Drawing({ map, isWhole, chosen, onChoose }: DrawingProps) {
  const [environment] = useEnvironment();
  return (
    <Panel name="Calls" of="width is calls per second" aside={<Settled map={map} />}>
      <Rows of={map.edges} />
      <div className="map">
        <Suspense fallback={<ChartBones height={520} />}>
          <Canvas map={map} environment={environment} isWhole={isWhole} chosen={chosen} onChoose={onChoose} />
        </Suspense>
      </div>
    </Panel>
  );
}

type ToolsProps = {
  map: ServiceMap | undefined;
  view: "drawing" | "table";
  filters: Filters;
  set: SetState<typeof PARAMS>;
};

function Tools({ map, view, filters, set }: ToolsProps) {
  const isNarrow = useMediaQuery(NARROW, matchMedia(NARROW).matches);
  return (
    <>
      <RangePicker usual={NOW} />
      <Choice label="Zone" value={filters.zone} names={map?.zones ?? []} onPick={(zone) => set({ zone })} />
      <Choice
        label="Version"
        value={filters.version}
        names={map?.versions ?? []}
        onPick={(version) => set({ version })}
      />
      <Choice
        label="Around"
        value={filters.around}
        names={servicesOf(map)}
        onPick={(around) => set({ around })}
      />
      <Picker
        label="View"
        value={view}
        options={viewsOf(isNarrow)}
        onPick={(value) => set({ view: value })}
      />
    </>
  );
}

/** Where there is no room for the drawing, its place has a list, and the choice says so. */
const viewsOf = (isNarrow: boolean) =>
  [
    { value: "drawing", words: isNarrow ? "list" : "drawing" },
    { value: "table", words: "table" },
  ] as const;
const PARAMS = {
  view: oneOf(["drawing", "table"], "drawing"),
  zone: text(ALL),
  version: text(ALL),
  around: text(ALL),
  edge: optional,
  node: optional,
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
      <StripBones cells={5} />
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
