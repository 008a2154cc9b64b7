// Services: who is there, how much do they do, how often do they fail, how long do they take?

import { Page } from "../app/Page";
import { useEnvironment } from "../app/environment";
import { optional, useSearchState } from "../app/searchState";
import { useStatus } from "../api/queries";
import { useServices } from "../api/services";
import type { Service } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { NothingFrom } from "../parts/NothingFrom";
import { Picker } from "../parts/Picker";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { matches, Search, useFilter } from "../parts/Search";
import { type Cell, Strip } from "../parts/Strip";
import { Table } from "../parts/Table";
import { servicesPath } from "../paths";
import { rangeWords, useRange } from "../range/range";
import { count } from "../words/counts";
import { environmentsOf, identity } from "../words/services";
import { columnsOf, MANY_ERRORS } from "./services/columns";

/** No data is not good data, but it is not known to be bad either. */
const HURTS: ReadonlySet<string> = new Set(["burning", "burning_slowly"]);
const PARAMS = { region: optional };

export default function ServicesPage() {
  const looked = useRange().or("now-5m");
  const [typed, setTyped] = useFilter();
  const [{ region }, set] = useSearchState(PARAMS);
  const services = useServices(looked, { region });
  const anyRegion = () => set({ region: null });
  return (
    <Page
      title="Services"
      lists="/api/v1/services"
      beside={rangeWords(looked)}
      reads={[services]}
      tools={
        <>
          <RegionPicker
            region={region}
            seen={services.data?.items ?? []}
            onPick={(picked) => set({ region: picked })}
          />
          <RangePicker usual="now-5m" />
          <Search label="Filter services" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered query={services} bones={<ServicesBones />}>
        {({ items, next }) => (
          <Found items={items} hasMore={next !== null} typed={typed} region={region} anyRegion={anyRegion} />
        )}
      </Answered>
    </Page>
  );
}

type Seen = readonly { regions: readonly string[] }[];
type Regions = { region: string | null; seen: Seen; onPick: (region: string | null) => void };

/** Only where services run in more than one region, or the address names one. */
function RegionPicker({ region, seen, onPick }: Regions) {
  const known = useStatus().data?.regions ?? [];
  const named = region === null ? [] : [region];
  const regions = [...new Set([...known, ...seen.flatMap((one) => one.regions), ...named])].sort();
  if (regions.length < 2 && region === null) return null;
  return (
    <Picker
      label="Region"
      value={region ?? ""}
      shown={region ?? "all"}
      options={[{ value: "", words: "All regions" }, ...regions.map((one) => ({ value: one, words: one }))]}
      onPick={(picked) => onPick(picked || null)}
    />
  );
}

type Shown = {
  items: readonly Service[];
  hasMore: boolean;
  typed: string;
  region: string | null;
  anyRegion: () => void;
};

function Found({ items, hasMore, typed, region, anyRegion }: Shown) {
  const [environment] = useEnvironment();
  const isLimited = environment !== null || region !== null;
  // What the catalog knows and nobody sends is listed everywhere: it is not from there either.
  if (isLimited && items.every((service) => service.last_seen === null))
    return <NothingFrom region={region} anyRegion={anyRegion} />;
  if (items.length === 0) return <NoServices />;
  return (
    <>
      <Strip cells={cellsOf(items, hasMore, region)} notes={false} />
      <Capped />
      {hasMore && (
        <Quiet>
          The {count(items.length)} busiest services are shown; type a part of its name to find another.
        </Quiet>
      )}
      <Listed items={items} hasMore={hasMore} typed={typed} region={region} />
    </>
  );
}

function Listed({ items, hasMore, typed, region }: Omit<Shown, "anyRegion">) {
  const range = useRange();
  // Where not all are here, the server looks for what was typed; else the same answer serves both.
  const found = useServices(range.or("now-5m"), { text: hasMore ? typed.trim() : "", region });
  // A service of the catalog that has not sent anything runs nowhere that is known.
  const placed = environmentsOf(items.filter((one) => one.last_seen !== null)).length > 1;
  return (
    <div className="grid">
      <Table
        label="Services"
        columns={columnsOf(range.chosen, placed)}
        rows={
          hasMore && found.data
            ? found.data.items
            : items.filter((service) => matches(wordsOf(service), typed))
        }
        rowKey={identity}
        nothing={`No service matches “${typed}”.`}
      />
    </div>
  );
}

/** What a service is found by. */
function wordsOf({ name, label, environment, namespace, team }: Service): string {
  return [name, label, environment, namespace, team].filter(Boolean).join(" ");
}

function ServicesBones() {
  return (
    <>
      <StripBones cells={4} notes={false} />
      <RowBones rows={8} />
    </>
  );
}

/** What senders send too many names of, and who does. */
function Capped() {
  const capped = useStatus().data?.capped_names ?? [];
  if (capped.length === 0) return null;
  return (
    <section className="panel notice" aria-label="Names over the limit">
      <h2>More names than the limit</h2>
      {capped.map((one) => (
        <p key={`${one.kind} ${one.service ?? ""}`}>{one.detail}.</p>
      ))}
    </section>
  );
}

function NoServices() {
  return (
    <Empty
      title="No spans received in this range"
      command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317"
      actions={<LongerRange />}
    >
      Services that send spans appear here with their rate, errors and durations. Point any OpenTelemetry SDK
      at this machine; no other setting is needed.
    </Empty>
  );
}

function cellsOf(items: readonly Service[], hasMore: boolean, region: string | null): Cell[] {
  const hurt = items.filter(
    (service) => service.worst_burn_state !== null && HURTS.has(service.worst_burn_state),
  ).length;
  const failing = items.filter((service) => (service.error_ratio ?? 0) >= MANY_ERRORS).length;
  const zones = new Set(items.flatMap((service) => service.zones));
  return [
    { label: "Services", value: hasMore ? `${count(items.length)}+` : count(items.length) },
    {
      label: "Burning an objective",
      value: count(hurt),
      tone: hurt > 0 ? "bad" : "plain",
      href: servicesPath({ sort: "state", region }),
    },
    {
      label: "Over 1% errors",
      value: count(failing),
      tone: failing > 0 ? "warn" : "plain",
      href: servicesPath({ sort: "errors", region }),
    },
    { label: "Zones", value: count(zones.size) },
  ];
}
