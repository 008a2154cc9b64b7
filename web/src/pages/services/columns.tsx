// The columns of the list of services.

import { Link } from "wouter";
import type { Incident, Service } from "../../api/types";
import { EnvironmentChip, ServiceName } from "../../parts/ServiceName";
import { Sign } from "../../parts/Sign";
import { Sparkline } from "../../parts/Sparkline";
import { StateChip } from "../../parts/StateChip";
import type { Column } from "../../parts/Table";
import { incidentPath, objectivesPath, servicePath } from "../../paths";
import type { Range } from "../../range/range";
import { lookOfTrouble, urgencyOfTrouble } from "../../states/states";
import { count, perSecond, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { identity, shown } from "../../words/services";
import { besideSilence, silenceWords, zonesOf } from "../../words/silence";

/** From this share of errors on, the share is coloured: more than one request in a hundred fails. */
export const MANY_ERRORS = 0.01;

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);
const rankOf = ({ now }: Service) => urgencyOfTrouble(now.reason);

const ENVIRONMENT: Column<Service> = {
  key: "environment",
  words: "Environment",
  order: (one, other) => shown(one.environment).localeCompare(shown(other.environment)),
  cell: (service) =>
    service.last_seen === null ? "—" : <EnvironmentChip environment={service.environment} />,
};

/** `placed` where services of several environments are shown: then each says which one it is of. */
export function columnsOf(
  chosen: Range | null,
  placed: boolean,
  incidents: readonly Incident[],
): Column<Service>[] {
  return [
    {
      key: "name",
      words: "Service",
      wide: true,
      order: (one, other) =>
        one.name.localeCompare(other.name) || identity(one).localeCompare(identity(other)),
      cell: (service) => (
        <>
          <Link href={servicePath(service, chosen)} data-row={identity(service)} className="name-link strong">
            <ServiceName service={service} />
          </Link>
          <small>{[service.tier && `tier ${service.tier}`, service.team].filter(Boolean).join(" · ")}</small>
        </>
      ),
    },
    ...(placed ? [ENVIRONMENT] : []),
    {
      key: "state",
      words: "What is wrong now",
      order: (one, other) => rankOf(one) - rankOf(other),
      cell: (service) => (
        <>
          <Now service={service} />
          <Lost service={service} />
        </>
      ),
    },
    {
      key: "rate",
      words: "Rate",
      number: true,
      order: (one, other) => down(one.rate_per_second, other.rate_per_second),
      cell: (service) => perSecond(service.rate_per_second),
    },
    {
      key: "traffic",
      words: "Requests of the last hour",
      unnamed: true,
      cell: ({ lines, label }) => (
        <Sparkline values={lines.requests} tone="plain" label={`Requests of ${label}, ${SHAPE}`} />
      ),
    },
    {
      key: "errors",
      words: "Errors",
      number: true,
      order: (one, other) => down(one.error_ratio, other.error_ratio),
      cell: (service) => <Errors service={service} />,
    },
    {
      key: "failures",
      words: "Errors of the last hour",
      unnamed: true,
      cell: ({ lines, label, now }) => (
        <Sparkline
          values={lines.errors}
          tone={now.reason === "failing" ? "bad" : "plain"}
          least={Math.max(1, MANY_ERRORS * 2 * Math.max(...lines.requests))}
          label={`Errors of ${label}, ${SHAPE}`}
        />
      ),
    },
    {
      key: "p99",
      words: "p99",
      number: true,
      order: (one, other) => down(one.p99_seconds, other.p99_seconds),
      cell: (service) => <Slowest service={service} />,
    },
    {
      key: "durations",
      words: "p99 of the last hour",
      unnamed: true,
      cell: ({ lines, label, now, usual }) => (
        <Sparkline
          least={2 * (usual?.p99_seconds ?? 0.0005)}
          values={lines.p99_seconds.map((value) => value ?? 0)}
          tone={now.is_slow ? "warn" : "plain"}
          label={`p99 of ${label}, ${SHAPE}`}
        />
      ),
    },
    {
      key: "zones",
      words: "Zones",
      cell: (service) => <Zones service={service} />,
    },
    {
      key: "versions",
      words: "Versions",
      cell: (service) => (
        <span className="muted">
          <Listed names={service.versions} />
        </span>
      ),
    },
    ...(incidents.length > 0 ? [incidentColumn(incidents)] : []),
  ];
}

function incidentColumn(incidents: readonly Incident[]): Column<Service> {
  return {
    key: "incident",
    words: "Incident",
    extra: true,
    cell: (service) => {
      const own = incidents.filter((incident) => concerns(incident, service));
      return own.map(({ id, title }, place) => (
        <span key={id}>
          {place > 0 && ", "}
          <Link href={incidentPath(id)} className="link" title={title}>
            {id}
          </Link>
        </span>
      ));
    },
  };
}

/** It is of one of its objectives, or bad events began there. */
export function concerns({ objectives, cause }: Incident, { name, environment }: Service): boolean {
  const isHere = (place: string | null) => place === null || place === environment;
  const causes = [cause, ...objectives.map((one) => one.cause)];
  if (causes.some((one) => one?.party === name && isHere(one.environment))) return true;
  return objectives.some(
    (one) => isHere(one.environment) && (one.service === name || one.parties.includes(name)),
  );
}

const SHAPE = "last hour";

function Now({ service }: { service: Service }) {
  const { now } = service;
  if (service.last_seen === null && now.reason === "usual")
    return <span className="quiet">sends nothing</span>;
  const look = lookOfTrouble(now.reason, service.worst_burn_state);
  if (!now.needs_attention)
    return (
      <span className="muted">
        <span className={`tone-${look.tone}`}>
          <Sign sign={look.sign} />
        </span>{" "}
        {now.sentence}
      </span>
    );
  const lost = now.reason === "zone_silent" ? silenceWords(service) : null;
  const chip = <StateChip look={{ ...look, word: lost ?? now.sentence }} />;
  return now.reason === "burning" ? <Link href={objectivesPath({ q: service.name })}>{chip}</Link> : chip;
}

/** A silent zone is a fact beside what is wrong, and often why; where nothing else is, that is said beside it. */
function Lost({ service }: { service: Service }) {
  const { reason, sentence } = service.now;
  if (reason === "zone_silent") return <small>{besideSilence(sentence)}</small>;
  const words = silenceWords(service);
  return (
    words && (
      <small>
        <span className="tone-warn">{words}</span>
      </small>
    )
  );
}

function Zones({ service }: { service: Service }) {
  const { whole, lost } = zonesOf([service]);
  return (
    <span className="muted">
      <Listed names={whole} />
      {[...lost].map((zone) => (
        <span key={zone} className="tone-warn" title={`${zone} is silent`}>
          {" "}
          <s className="unbroken">{zone}</s>
        </span>
      ))}
    </span>
  );
}

function Slowest({ service: { p99_seconds: slowest, usual, now } }: { service: Service }) {
  if (slowest === null) return "—";
  return (
    <>
      <span className={now.is_slow ? "tone-warn" : undefined}>{latencyWords(slowest)}</span>
      {usual?.p99_seconds != null && (
        <small title={`Of ${usual.of}`}>usual {latencyWords(usual.p99_seconds)}</small>
      )}
    </>
  );
}

function Errors({ service }: { service: Service }) {
  const before = service.now.failed_before;
  if (before !== null && before.ratio > (service.error_ratio ?? 0))
    return (
      <>
        <span className="tone-bad" title={before.sentence}>
          {percent(before.ratio, 2)}
        </span>
        <small title="Errors by its own spans">own {percent(service.error_ratio, 2)}</small>
      </>
    );
  if (service.requests === 0) return "—";
  const many = (service.error_ratio ?? 0) >= MANY_ERRORS;
  return (
    <span
      className={many ? "tone-bad" : undefined}
      title={`${count(service.errors)} of ${count(service.requests)} requests`}
    >
      {percent(service.error_ratio, 2)}
    </span>
  );
}

/** Two names and how many more; none is broken at its hyphen. */
function Listed({ names }: { names: readonly string[] }) {
  const [first, second] = names;
  return (
    <>
      {first !== undefined && <span className="unbroken">{second === undefined ? first : `${first},`}</span>}{" "}
      {second !== undefined && <span className="unbroken">{second}</span>}
      {names.length > 2 && ` +${names.length - 2}`}
    </>
  );
}
