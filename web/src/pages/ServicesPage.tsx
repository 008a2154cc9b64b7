// Services: who is there, how much do they do, how often do they fail, how long do they take?

import { Link } from "wouter";
import { segment } from "../app/address";
import { Page } from "../app/Page";
import { useServices, useStatus } from "../api/queries";
import type { Service } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Moment } from "../parts/Moment";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { RangePicker } from "../parts/RangePicker";
import { matches, Search, useFilter } from "../parts/Search";
import { Sparkline } from "../parts/Sparkline";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { type Range, rangeWords, useRange, withRange } from "../range/range";
import { lookOf, OBJECTIVE_STATES, severityOf } from "../states/states";
import { count, countOf, perSecond, percent } from "../words/counts";
import { latencyWords } from "../words/durations";

/** From this share of errors on, the share is coloured: more than one request in a hundred fails. */
const MANY_ERRORS = 0.01;
/** No data is not good data, but neither is it known to hurt. */
const HURTS: ReadonlySet<string> = new Set(["exhausted", "burning", "burning_slowly"]);

export default function ServicesPage() {
  const range = useRange();
  const looked = range.or("now-1h");
  const [typed, setTyped] = useFilter();
  const services = useServices(looked);
  const hasMore = services.data !== undefined && services.data.next !== null;
  // Where not all are here, the server looks for what was typed; else the same answer serves both.
  const found = useServices(looked, hasMore ? typed.trim() : "");
  return (
    <Page
      title="Services"
      beside={rangeWords(looked)}
      reads={[services]}
      tools={
        <>
          <RangePicker usual="last 1 h" />
          <Search label="Filter services" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered
        query={services}
        bones={
          <>
            <StripBones cells={4} notes={false} />
            <RowBones rows={8} />
          </>
        }
      >
        {({ items }) =>
          items.length === 0 ? (
            <NoServices />
          ) : (
            <>
              <Strip cells={cellsOf(items, hasMore)} notes={false} />
              <Capped />
              {hasMore && <Quiet>The {count(items.length)} busiest services are shown; type a part of its name to find another.</Quiet>}
              <div className="grid">
                <Table
                  label="Services"
                  columns={columnsOf(range.chosen)}
                  rows={hasMore && found.data ? found.data.items : items.filter((service) => matches(`${service.name} ${service.team ?? ""}`, typed))}
                  rowKey={(service) => service.name}
                  nothing={`No service matches “${typed}”.`}
                />
              </div>
            </>
          )
        }
      </Answered>
    </Page>
  );
}

/** What senders send too many names of, and who does. */
function Capped() {
  const capped = useStatus().data?.capped_names ?? [];
  if (capped.length === 0) return null;
  return (
    <section className="panel notice" aria-label="Names beyond their caps">
      <h2>More names than are kept apart</h2>
      {capped.map((one) => (
        <p key={`${one.kind} ${one.service ?? ""}`}>{one.detail}.</p>
      ))}
    </section>
  );
}

function NoServices() {
  return (
    <Empty title="No spans received in this range" command="OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317">
      Each service that sends spans stands here with its rate, errors and durations. Point any OpenTelemetry SDK at this machine; no other setting is needed.
    </Empty>
  );
}

function cellsOf(items: readonly Service[], hasMore: boolean): Cell[] {
  const hurt = items.filter((service) => service.worst_state !== null && HURTS.has(service.worst_state)).length;
  const failing = items.filter((service) => (service.error_ratio ?? 0) >= MANY_ERRORS).length;
  const zones = new Set(items.flatMap((service) => service.zones));
  return [
    { label: "Services", value: hasMore ? `${count(items.length)}+` : count(items.length) },
    { label: "With an objective that hurts", value: count(hurt), tone: hurt > 0 ? "bad" : "plain", href: "/services?sort=state" },
    { label: "Failing more than 1% of requests", value: count(failing), tone: failing > 0 ? "warn" : "plain", href: "/services?sort=errors" },
    { label: "Zones", value: count(zones.size) },
  ];
}

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);
const rankOf = (service: Service) => (service.worst_state === null ? 99 : severityOf(service.worst_state));

function columnsOf(chosen: Range | null): Column<Service>[] {
  return [
    {
      key: "name",
      words: "Service",
      wide: true,
      order: (one, other) => one.name.localeCompare(other.name),
      cell: (service) => (
        <>
          <Link href={withRange(`/services/${segment(service.name)}`, chosen)} data-row={service.name} className="name-link strong">
            {service.name}
          </Link>
          <span className="muted">
            {"  "}
            {[service.tier && `tier ${service.tier}`, service.team && `${service.team} team`].filter(Boolean).join(" · ")}
          </span>
        </>
      ),
    },
    { key: "state", words: "Worst objective", order: (one, other) => rankOf(one) - rankOf(other), cell: (service) => <Worst service={service} /> },
    { key: "rate", words: "Rate", number: true, order: (one, other) => down(one.rate_per_second, other.rate_per_second), cell: (service) => perSecond(service.rate_per_second) },
    { key: "traffic", words: "Traffic", cell: (service) => <Sparkline values={service.sparkline} tone="plain" label={`Traffic of ${service.name}`} /> },
    { key: "errors", words: "Errors", number: true, order: (one, other) => down(one.error_ratio, other.error_ratio), cell: (service) => <Errors service={service} /> },
    ...(["p50", "p90", "p99"] as const).map(
      (quantile): Column<Service> => ({
        key: quantile,
        words: quantile,
        number: true,
        order: (one, other) => down(one[`${quantile}_seconds`], other[`${quantile}_seconds`]),
        cell: (service) => latencyWords(service[`${quantile}_seconds`]),
      }),
    ),
    { key: "versions", words: "Versions", cell: (service) => <span className="muted">{listed(service.versions)}</span> },
    { key: "seen", words: "Last seen", number: true, cell: (service) => (service.last_seen === null ? "—" : <Moment at={service.last_seen} />) },
  ];
}

function Worst({ service }: { service: Service }) {
  if (service.worst_state === null) return <span className="quiet">no objective</span>;
  return (
    <Link href={`/objectives?q=${encodeURIComponent(service.name)}`} title={`The worst of ${countOf(service.objectives, "objectives")}`}>
      <StateChip look={lookOf(OBJECTIVE_STATES, service.worst_state)} />
    </Link>
  );
}

function Errors({ service }: { service: Service }) {
  if (service.requests === 0) return "—";
  const many = (service.error_ratio ?? 0) >= MANY_ERRORS;
  return (
    <span className={many ? "tone-bad" : undefined} title={`${count(service.errors)} of ${count(service.requests)} requests`}>
      {count(service.errors)} · {percent(service.error_ratio, 2)}
    </span>
  );
}

function listed(names: readonly string[]): string {
  return names.length <= 2 ? names.join(", ") : `${names.slice(0, 2).join(", ")} +${names.length - 2}`;
}
