// The columns of the list of services.

import { Link } from "wouter";
import type { Service } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { EnvironmentChip, ServiceName } from "../../parts/ServiceName";
import { Sparkline } from "../../parts/Sparkline";
import { StateChip } from "../../parts/StateChip";
import type { Column } from "../../parts/Table";
import { objectivesPath, servicePath } from "../../paths";
import type { Range } from "../../range/range";
import { lookOfWorst, urgencyOf } from "../../states/states";
import { count, countOf, perSecond, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { identity, shown } from "../../words/services";

/** From this share of errors on, the share is coloured: more than one request in a hundred fails. */
export const MANY_ERRORS = 0.01;

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);
const rankOf = ({ worst_state: state, worst_burn_state: burn }: Service) =>
  state === null ? 99 : urgencyOf(state, burn);

const ENVIRONMENT: Column<Service> = {
  key: "environment",
  words: "Environment",
  order: (one, other) => shown(one.environment).localeCompare(shown(other.environment)),
  cell: (service) =>
    service.last_seen === null ? "—" : <EnvironmentChip environment={service.environment} />,
};

/** `placed` where services of several environments are shown: then each says which one it is of. */
export function columnsOf(chosen: Range | null, placed: boolean): Column<Service>[] {
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
          <span className="muted">
            {"  "}
            {[service.tier && `tier ${service.tier}`, service.team && `${service.team} team`]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </>
      ),
    },
    ...(placed ? [ENVIRONMENT] : []),
    {
      key: "state",
      words: "Worst objective",
      order: (one, other) => rankOf(one) - rankOf(other),
      cell: (service) => <Worst service={service} />,
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
      words: "Traffic",
      cell: (service) => (
        <Sparkline values={service.sparkline} tone="plain" label={`Traffic of ${service.label}`} />
      ),
    },
    {
      key: "errors",
      words: "Errors",
      number: true,
      order: (one, other) => down(one.error_ratio, other.error_ratio),
      cell: (service) => <Errors service={service} />,
    },
    ...(["p50", "p90", "p99"] as const).map((quantile): Column<Service> => ({
      key: quantile,
      words: quantile,
      number: true,
      order: (one, other) => down(one[`${quantile}_seconds`], other[`${quantile}_seconds`]),
      cell: (service) => latencyWords(service[`${quantile}_seconds`]),
    })),
    {
      key: "versions",
      words: "Versions",
      cell: (service) => <span className="muted">{listed(service.versions)}</span>,
    },
    {
      key: "seen",
      words: "Last seen",
      number: true,
      cell: (service) => (service.last_seen === null ? "—" : <Moment at={service.last_seen} />),
    },
  ];
}

function Worst({ service }: { service: Service }) {
  if (service.worst_state === null) return <span className="quiet">no objective</span>;
  return (
    <Link
      href={objectivesPath({ q: service.name })}
      title={`The worst of ${countOf(service.objectives, "objectives")}`}
    >
      <StateChip look={lookOfWorst(service.worst_state, service.worst_burn_state)} />
    </Link>
  );
}

function Errors({ service }: { service: Service }) {
  if (service.requests === 0) return "—";
  const many = (service.error_ratio ?? 0) >= MANY_ERRORS;
  return (
    <span
      className={many ? "tone-bad" : undefined}
      title={`${count(service.errors)} of ${count(service.requests)} requests`}
    >
      {count(service.errors)} · {percent(service.error_ratio, 2)}
    </span>
  );
}

function listed(names: readonly string[]): string {
  return names.length <= 2 ? names.join(", ") : `${names.slice(0, 2).join(", ")} +${names.length - 2}`;
}
