// Several services have the name: one line for each, to choose from.

import { Link } from "wouter";
import { useServices } from "../../api/services";
import type { Service } from "../../api/types";
import { RowBones } from "../../parts/Bones";
import { Answered, Failed } from "../../parts/Notice";
import { EnvironmentChip, ServiceName } from "../../parts/ServiceName";
import { type Column, Table } from "../../parts/Table";
import { servicePath } from "../../paths";
import { type Range, useRange } from "../../range/range";
import { count, percent } from "../../words/counts";
import { identity, shown } from "../../words/services";

/** `refusal` is shown where the name is not what was refused. */
export function Namesakes({ name, refusal }: { name: string; refusal: unknown }) {
  const range = useRange();
  const found = useServices(range.or("now-1h"), { text: name });
  return (
    <Answered query={found} bones={<RowBones rows={3} />}>
      {({ items }) => {
        const services = items.filter((service) => service.name === name);
        if (services.length < 2) return <Failed error={refusal} />;
        return (
          <>
            <p className="before-table">
              <b>
                {services.length} services are called {name}.
              </b>{" "}
              They are counted separately; choose one.
            </p>
            <NamesakeTable label={`Services called ${name}`} services={services} />
          </>
        );
      }}
    </Answered>
  );
}

export function NamesakeTable({ label, services }: { label: string; services: readonly Service[] }) {
  const range = useRange();
  return (
    <Table
      label={label}
      columns={columnsOf(range.chosen)}
      rows={services}
      rowKey={identity}
      nothing="None of them sends spans now."
    />
  );
}

/** Namespace and environment are named in full: nothing else distinguishes them. */
function columnsOf(chosen: Range | null): Column<Service>[] {
  return [
    {
      key: "name",
      words: "Service",
      cell: (service) => (
        <Link
          href={servicePath(inFull(service), chosen)}
          data-row={identity(service)}
          className="name-link strong"
        >
          <ServiceName service={inFull(service)} />
        </Link>
      ),
    },
    {
      key: "environment",
      words: "Environment",
      order: (one, other) => shown(one.environment).localeCompare(shown(other.environment)),
      cell: (service) => <EnvironmentChip environment={service.environment} />,
    },
    {
      key: "regions",
      words: "Regions",
      wide: true,
      cell: (service) => <span className="muted">{service.regions.join(", ") || "—"}</span>,
    },
    {
      key: "requests",
      words: "Requests",
      number: true,
      order: (one, other) => other.requests - one.requests,
      cell: (service) => count(service.requests),
    },
    {
      key: "errors",
      words: "Errors",
      number: true,
      order: (one, other) => (other.error_ratio ?? -1) - (one.error_ratio ?? -1),
      cell: (service) => <Errors service={service} />,
    },
  ];
}

const inFull = (service: Service) => ({ ...service, label: `${shown(service.namespace)}/${service.name}` });

function Errors({ service }: { service: Service }) {
  if (service.requests === 0) return "—";
  return (
    <span className={(service.error_ratio ?? 0) >= 0.01 ? "tone-bad" : undefined}>
      {count(service.errors)} · {percent(service.error_ratio, 2)}
    </span>
  );
}
