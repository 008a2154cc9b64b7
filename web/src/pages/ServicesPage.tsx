// Services: who is there, how much do they do, how often do they fail, how long do they take?

import { useMemo } from "react";
import { Page } from "../app/Page";
import { useEnvironment } from "../app/environment";
import { oneOf, optional, useSearchState } from "../app/searchState";
import { useIncidents, useSilences, useStatus } from "../api/queries";
import { useServices } from "../api/services";
import type { Service, SilenceList } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { NothingFrom } from "../parts/NothingFrom";
import { Picker } from "../parts/Picker";
import { LongerRange } from "../parts/LongerRange";
import { RangePicker } from "../parts/RangePicker";
import { matches, Search, useFilter } from "../parts/Search";
import { type Cell, Strip } from "../parts/Strip";
import { type Group, Table } from "../parts/Table";
import { servicesPath } from "../paths";
import { rangeWords, useRange } from "../range/range";
import { urgencyOfTrouble } from "../states/states";
import { count, countOf } from "../words/counts";
import { isOpen } from "../words/incidents";
import { environmentsOf, failedRatio, identity } from "../words/services";
import { clock } from "../words/moments";
import { silenceWords, zonesOf, zonesWords } from "../words/silence";
import { KIND_WORDS } from "./map/looks";
import { columnsOf } from "./services/columns";
import { type Kind, KINDS, kindOf, partiesWords, type Row } from "./services/parties";
import { withParties } from "./services/partyColumns";
import { useParties } from "./services/useParties";

const PARAMS = { region: optional, kind: oneOf(KINDS, null) };

export default function ServicesPage() {
  const looked = useRange().or("now-5m");
  const [typed, setTyped] = useFilter();
  const [{ region, kind }, set] = useSearchState(PARAMS);
  const services = useServices(looked, { region });
  const parties = useParties(looked, services.data?.items ?? NONE);
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
          <Picker
            label="Kind"
            value={kind ?? ""}
            options={KIND_OPTIONS}
            narrows={kind !== null}
            onPick={(picked) => set({ kind: picked || null })}
          />
          <RangePicker usual="now-5m" />
          <Search label="Filter services" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered query={services} bones={<ServicesBones />}>
        {({ items, next }) => (
          <Found
            // What sends no spans is of no region.
            items={region === null ? [...items, ...parties.rows] : items}
            hasMore={next !== null}
            {...{ typed, region, kind, anyRegion }}
          />
        )}
      </Answered>
      {parties.failed && (
        <Quiet>Stores, queues and providers are missing: the map of calls cannot be read now.</Quiet>
      )}
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
  items: readonly Row[];
  kind: Kind | null;
  hasMore: boolean;
  typed: string;
  region: string | null;
  anyRegion: () => void;
};

function Found({ items, hasMore, typed, region, kind, anyRegion }: Shown) {
  const [environment] = useEnvironment();
  const lost = useSilences().data?.lost_zones ?? [];
  const isLimited = environment !== null || region !== null;
  // What the catalog knows and nobody sends is listed everywhere: it is not from there either.
  if (isLimited && items.every((service) => service.last_seen === null))
    return <NothingFrom region={region} anyRegion={anyRegion} />;
  if (items.length === 0) return <NoServices />;
  return (
    <>
      <Strip cells={cellsOf(items, { lost, hasMore, region })} />
      <Capped />
      {hasMore && (
        <Quiet>
          The {count(items.filter(isService).length)} busiest services are shown; type a part of its name to
          find another.
        </Quiet>
      )}
      <Listed {...{ items, hasMore, typed, region, kind }} />
    </>
  );
}

function Listed({ items, hasMore, typed, region, kind }: Omit<Shown, "anyRegion">) {
  const range = useRange();
  // Where not all are here, the server looks for what was typed; else the same answer serves both.
  const found = useServices(range.or("now-5m"), { text: hasMore ? typed.trim() : "", region });
  // A service of the catalog that has not sent anything runs nowhere that is known.
  const incidents = useIncidents().data?.items;
  const open = useMemo(() => (incidents ?? []).filter(isOpen), [incidents]);
  const placed = environmentsOf(items.filter((one) => isService(one) && one.last_seen !== null)).length > 1;
  const matching = items.filter((row) => matches(wordsOf(row), typed));
  return (
    <div className="grid">
      <Table
        label="Services"
        usual="worst first"
        columns={withParties(columnsOf(range.chosen, placed, open), range.chosen)}
        rows={worstFirst(
          [
            ...(hasMore && found.data ? found.data.items : matching.filter(isService)),
            ...matching.filter((row) => !isService(row)),
          ].filter((row) => kind === null || kindOf(row) === kind),
        )}
        rowKey={(row) => row.id ?? identity(row)}
        nothing={nothingWords(typed, kind)}
        groups={GROUPS}
      />
    </div>
  );
}

const NONE: readonly Service[] = [];

const KIND_OPTIONS = [
  { value: "", words: "all" },
  { value: "service", words: "services" },
  { value: "database", words: "databases" },
  { value: "cache", words: "caches" },
  { value: "queue", words: "queues" },
  { value: "external", words: "providers" },
] as const;

const isService = (row: Row) => kindOf(row) === "service";

/** "No provider matches “pay”.": what was asked for, where nothing is found. */
function nothingWords(typed: string, kind: Kind | null): string {
  const noun = kind === null ? "service" : kind === "external" ? "provider" : kind;
  return typed === "" ? `No ${noun} was called in this range.` : `No ${noun} matches “${typed}”.`;
}

/** A lost zone needs a look, also while the others carry its calls. */
const needsLook = (service: Service) =>
  !service.is_mesh_hop && (service.now.needs_attention || silenceWords(service) !== null);

const GROUPS: readonly Group<Service>[] = [
  { name: "Failing, silent or slow now", about: "worst first", holds: needsLook },
  {
    name: "As usual",
    about: "busiest first",
    holds: (service) => !needsLook(service) && !service.is_mesh_hop,
  },
  { name: "Mesh", about: "proxies that only forward calls", holds: (service) => service.is_mesh_hop },
];

/** The share of the last minutes' requests that failed, of what fails: the others keep their order. */
const failing = ({ now }: Service) => (now.reason === "failing" ? failedRatio(now) : 0);

/** The worst first: of what fails, that of which most fails; of other equals the busiest, as they come. */
const worstFirst = (items: readonly Row[]) =>
  [...items].sort(
    (one, other) =>
      urgencyOfTrouble(one.now.reason) - urgencyOfTrouble(other.now.reason) ||
      failing(other) - failing(one) ||
      Number(isService(other)) - Number(isService(one)),
  );

/** What a service is found by. */
function wordsOf({ name, label, environment, namespace, team, kind }: Row): string {
  return [name, label, environment, namespace, team, kind && KIND_WORDS[kind]].filter(Boolean).join(" ");
}

function ServicesBones() {
  return (
    <>
      <StripBones cells={5} />
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

type Beside = { lost: SilenceList["lost_zones"]; hasMore: boolean; region: string | null };

function cellsOf(items: readonly Service[], { lost: lostZones, hasMore, region }: Beside): Cell[] {
  const failing = items.filter((service) => service.now.reason === "failing" && !service.is_mesh_hop);
  const silent = items.filter((service) => service.now.reason === "silent" && !service.is_mesh_hop);
  const beside = items.filter((service) => service.versions.length > 1);
  // A service that is silent everywhere says nothing of a zone: its callers may have nothing to ask.
  const { all, whole, lost } = zonesOf(items.filter((service) => service.silent_since === null));
  const losing = items.filter((one) => one.silent_since === null && one.silent_zones.length > 0);
  const sort = servicesPath({ sort: "state", region });
  return [
    { label: "Services", ...servicesCell(items, hasMore) },
    { label: "Failing now", ...named(failing), tone: failing.length > 0 ? "bad" : "plain", href: sort },
    { label: "Silent", ...silentCell(silent, lostZones), href: sort },
    { label: "Several versions", ...named(beside) },
    {
      label: "Zones",
      value: lost.size === 0 ? count(all.length) : `${count(whole.length)} of ${count(all.length)} whole`,
      note: zonesWords(lostZones, losing) || all.slice(0, 4).join(", "),
      tone: lost.size > 0 ? "warn" : "plain",
    },
  ];
}

/** Lost zones by name, and how many services are silent beside them. */
function silentCell(silent: readonly Service[], lost: Beside["lost"]): Omit<Cell, "label"> {
  const all = named(silent);
  if (lost.length === 0) return { ...all, tone: silent.length > 0 ? "bad" : "plain" };
  const zones = lost.map(({ zone }) => zone).join(", ");
  const words = lost.map(({ since, services }) => `since ${clock(since)}: ${countOf(services, "services")}`);
  const note = [...words, ...(silent.length > 0 ? [`all of ${all.note}`] : [])].join("; ");
  return { value: zones, note, tone: silent.length > 0 ? "bad" : "warn", sign: "triangle" };
}

/** How many services; what else is in the list, below. */
function servicesCell(items: readonly Row[], hasMore: boolean): { value: string; note: string } {
  const services = items.filter(isService).length;
  return { value: `${count(services)}${hasMore ? "+" : ""}`, note: partiesWords(items) };
}

/** How many, and which. */
function named(found: readonly Service[]): { value: string; note: string } {
  const first = found.slice(0, 2).map(({ name }) => name);
  const more = found.length > 2 ? ` and ${count(found.length - 2)} more` : "";
  return { value: count(found.length), note: found.length === 0 ? "none" : `${first.join(", ")}${more}` };
}
