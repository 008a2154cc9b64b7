// The map as a table: every edge with its numbers, for the keyboard, for screen readers, and for sorting.

import { Link } from "wouter";
import type { MapEdge, MapNode, ServiceMap } from "../../api/types";
import { StateChip } from "../../parts/StateChip";
import { type Column, Table } from "../../parts/Table";
import { servicePath } from "../../paths";
import type { Range } from "../../range/range";
import { count, percent, perSecond } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { KIND_WORDS, lookOfEdge, nameOf, worstFirst } from "./looks";

export function EdgeTable({
  map,
  range,
  nothing,
}: {
  map: ServiceMap;
  range: Range | null;
  nothing: string;
}) {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  return (
    <Table
      label="Calls"
      usual="worst first"
      columns={columnsOf(nodes, range)}
      rows={worstFirst(map.edges)}
      rowKey={(edge) => edge.id}
      nothing={nothing}
    />
  );
}

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);
const failed = (edge: MapEdge) => Math.max(edge.error_ratio ?? 0, edge.proxy_error_ratio ?? 0);

function columnsOf(nodes: ReadonlyMap<string, MapNode>, range: Range | null): Column<MapEdge>[] {
  const name = (id: string) => {
    const node = nodes.get(id);
    return node ? nameOf(node) : id;
  };
  return [
    {
      key: "from",
      words: "Caller",
      order: (one, other) => name(one.source).localeCompare(name(other.source)),
      cell: (edge) => <NodeName node={nodes.get(edge.source)} range={range} row={edge.id} />,
    },
    {
      key: "to",
      words: "Called",
      wide: true,
      order: (one, other) => name(one.target).localeCompare(name(other.target)),
      cell: (edge) => <NodeName node={nodes.get(edge.target)} range={range} />,
    },
    {
      key: "state",
      words: "Status",
      order: (one, other) => failed(other) - failed(one),
      cell: (edge) => <StateChip look={lookOfEdge(edge)} />,
    },
    {
      key: "rate",
      words: "Rate",
      number: true,
      order: (one, other) => down(one.rate_per_second, other.rate_per_second),
      cell: (edge) => perSecond(edge.rate_per_second),
    },
    {
      key: "errors",
      words: "Failed",
      number: true,
      order: (one, other) => down(one.error_ratio, other.error_ratio),
      cell: (edge) => <Share part={edge.errors} ratio={edge.error_ratio} of={edge.calls} />,
    },
    {
      key: "mesh",
      words: "By the mesh",
      number: true,
      order: (one, other) => down(one.proxy_error_ratio, other.proxy_error_ratio),
      cell: (edge) => <Share part={edge.proxy_errors} ratio={edge.proxy_error_ratio} of={edge.calls} />,
    },
    {
      key: "retries",
      words: "Retries",
      number: true,
      order: (one, other) => other.retries - one.retries,
      cell: (edge) => count(edge.retries),
    },
    ...(["p50", "p99"] as const).map((quantile): Column<MapEdge> => ({
      key: quantile,
      words: quantile,
      number: true,
      order: (one, other) => down(one[`${quantile}_seconds`], other[`${quantile}_seconds`]),
      cell: (edge) => latencyWords(edge[`${quantile}_seconds`]),
    })),
  ];
}

function NodeName({ node, range, row }: { node: MapNode | undefined; range: Range | null; row?: string }) {
  if (!node) return "—";
  if (node.kind !== "service")
    return (
      <>
        {nameOf(node)} <span className="muted">{KIND_WORDS[node.kind]}</span>
      </>
    );
  return (
    <Link
      href={servicePath(node, range)}
      className="name-link strong"
      {...(row === undefined ? {} : { "data-row": row })}
    >
      {nameOf(node)}
    </Link>
  );
}

function Share({ part, ratio, of }: { part: number; ratio: number | null; of: number }) {
  if (part === 0) return "0";
  return (
    <span title={`${count(part)} of ${count(of)} calls`}>
      {count(part)} · {percent(ratio, 2)}
    </span>
  );
}
