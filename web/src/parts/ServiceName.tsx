import { namespaceIn, shown } from "../words/services";

type Named = { name: string; label: string; environment: string; namespace: string };

/** A service's name, after its namespace where there is another of that name. */
export function ServiceName({ service }: { service: Named }) {
  const namespace = namespaceIn(service);
  return (
    <span className="service-name">
      {namespace !== null && <span className="service-namespace">{namespace}/</span>}
      {service.name}
    </span>
  );
}

export function EnvironmentChip({ environment }: { environment: string }) {
  return <span className="chip chip-plain chip-bordered">{shown(environment)}</span>;
}
