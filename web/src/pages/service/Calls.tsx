// Who calls a service and whom it calls, in the last five minutes: the row with most failures leads on.

import { useMemo } from "react";
import { Link } from "wouter";
import { useMap } from "../../api/queries";
import type { MapEdge, MapNode, ServiceDetail } from "../../api/types";
import { Rows } from "../../export/context";
import { RowBones } from "../../parts/Bones";
import { Answered, Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { mapPath, nodePath } from "../../paths";
import { rangeWords, useRange } from "../../range/range";
import { countOf, percent, perSecond } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { failedRatio } from "../map/judgement";

const MANY_FAILED = 0.01;
const SHOWN = 8;

type Call = { edge: MapEdge; other: MapNode };
type Around = { callers: Call[]; callees: Call[] };

export function Calls({ service }: { service: ServiceDetail }) {
  const { chosen, or } = useRange();
  const looked = or("now-5m");
  const map = useMap(looked, { zone: "", version: "", around: service.name });
  return (
    <Panel
      name="Calls"
      of={rangeWords(looked)}
      id="calls"
      aside={
        <Link href={mapPath({ around: service.name, range: chosen })} className="name-link">
          map around
        </Link>
      }
    >
      <Answered query={map} small bones={<RowBones rows={4} />}>
        {(data) => <Both {...data} service={service} />}
      </Answered>
    </Panel>
  );
}

type Drawn = { nodes: readonly MapNode[]; edges: readonly MapEdge[]; service: ServiceDetail };

function Both({ nodes, edges, service }: Drawn) {
  const { callers, callees } = useMemo(() => around(nodes, edges, service), [nodes, edges, service]);
  if (callers.length + callees.length === 0) return <Quiet>No calls to or from {service.name}.</Quiet>;
  return (
    <>
      <Rows of={edges} />
      <table className="table calls">
        <thead>
          <tr>
            <th scope="col" className="wide">
              Service
            </th>
            <th scope="col" className="number">
              Rate
            </th>
            <th scope="col" className="number">
              Failed
            </th>
            <th scope="col" className="number">
              p99
            </th>
          </tr>
        </thead>
        <tbody>
          <Side name="Called by" calls={callers} />
          <Side name="Calls" calls={callees} />
        </tbody>
      </table>
    </>
  );
}

/** The calls with the service at one end, those that fail most first. */
export function around(
  nodes: readonly MapNode[],
  edges: readonly MapEdge[],
  { name, environment, namespace }: Pick<ServiceDetail, "name" | "environment" | "namespace">,
): Around {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const called = nodes.filter((node) => node.kind === "service" && node.name === name);
  const centre =
    called.find((node) => node.environment === environment && node.namespace === namespace) ?? called[0];
  const calls = (end: "source" | "target", other: "source" | "target") =>
    edges
      .filter((edge) => edge[end] === centre?.id)
      .flatMap((edge): Call[] => {
        const found = byId.get(edge[other]);
        return found === undefined ? [] : [{ edge, other: found }];
      })
      .sort((one, two) => failedRatio(two.edge) - failedRatio(one.edge) || two.edge.calls - one.edge.calls);
  return { callers: calls("target", "source"), callees: calls("source", "target") };
}

function Side({ name, calls }: { name: string; calls: readonly Call[] }) {
  if (calls.length === 0) return null;
  const left = calls.length - SHOWN;
  return (
    <>
      <tr className="group">
        <th scope="colgroup" colSpan={4}>
          <b>{name}</b>
          {left > 0 && ` ${countOf(left, "others")} not shown`}
        </th>
      </tr>
      {calls.slice(0, SHOWN).map((call) => (
        <Row key={call.edge.id} {...call} />
      ))}
    </>
  );
}

function Row({ edge, other }: Call) {
  const { chosen } = useRange();
  const ratio = failedRatio(edge);
  const href = nodePath(other, chosen);
  return (
    <tr>
      <td className="wide">
        {href === null ? (
          <span className="muted">{other.label}</span>
        ) : (
          <Link href={href} className="name-link strong" data-row={edge.id}>
            {other.label}
          </Link>
        )}
        {other.kind !== "service" && <span className="muted"> {other.kind}</span>}
      </td>
      <td className="number">{perSecond(edge.rate_per_second)}</td>
      <td
        className={`number ${ratio >= MANY_FAILED ? "tone-bad strong" : ""}`}
        title={`${countOf(edge.errors, "errors")}, ${countOf(edge.proxy_errors, "errors")} of the mesh, of ${countOf(edge.calls, "calls")}`}
      >
        {percent(ratio, 1)}
      </td>
      <td className="number">{latencyWords(edge.p99_seconds)}</td>
    </tr>
  );
}
