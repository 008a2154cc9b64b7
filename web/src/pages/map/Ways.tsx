// The next steps from an edge or a node: its bad traces, lines, service page and changes.

import { Link } from "wouter";
import type { MapEdge, MapNode } from "../../api/types";
import { changesPath, logsPath, servicePath, tracesPath } from "../../paths";
import type { Range } from "../../range/range";
import { failedOf } from "./judgement";
import { nameOf } from "./looks";

const CHANGES: Range = { from: "now-24h", to: "now" };

type Props = {
  edge: MapEdge | undefined;
  ends: readonly MapNode[];
  range: Range;
  onAround: (name: string) => void;
};

export function Ways({ edge, ends, range, onAround }: Props) {
  const services = ends.filter(({ kind }) => kind === "service");
  const last = services.at(-1);
  if (!last) return null;
  // A call that the mesh ended, or one to a store, left a span at its caller only.
  const isAtCaller = edge !== undefined && edge.proxy_errors > edge.errors;
  const asked = (isAtCaller ? services[0] : last) ?? last;
  const fails = failedOf(edge ?? last) > 0;
  return (
    <nav className="map-ways" aria-label="Next steps">
      <Link
        href={tracesPath({ service: asked.name, ...(fails ? { status: "error" } : {}), range })}
        className={`button button-small${fails ? " button-primary" : ""}`}
      >
        {fails ? "Traces that failed" : "Traces"}
      </Link>
      <Link href={logsPath({ where: `service=${last.name}`, ...range })} className="button button-small">
        Logs
      </Link>
      {services.map((service) => (
        <Link key={service.id} href={servicePath(service, range)} className="button button-small">
          {nameOf(service)} page
        </Link>
      ))}
      <Link href={changesPath({ range: CHANGES, q: last.name })} className="button button-small">
        Changes
      </Link>
      <button type="button" className="button button-small" onClick={() => onAround(last.name)}>
        Only around {nameOf(last)}
      </button>
    </nav>
  );
}
