// Who calls a party, those whose calls fail most first.

import { Link } from "wouter";
import type { MapEdge, MapNode, ServiceMap } from "../../api/types";
import { type Column, Table } from "../../parts/Table";
import { nodePath } from "../../paths";
import { useRange } from "../../range/range";
import { count, perSecond, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { failedOf, failedRatio } from "../map/judgement";

type Caller = { edge: MapEdge; node: MapNode };

export function Callers({ map, edges }: { map: ServiceMap; edges: readonly MapEdge[] }) {
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  const rows = edges.flatMap((edge): Caller[] => {
    const node = byId.get(edge.source);
    return node === undefined ? [] : [{ edge, node }];
  });
  return (
    <Table
      label="Callers"
      titled
      columns={COLUMNS}
      rows={rows}
      rowKey={({ edge }) => edge.id}
      nothing="No callers."
    />
  );
}

const COLUMNS: readonly Column<Caller>[] = [
  { key: "caller", words: "Caller", wide: true, cell: ({ node }) => <Name node={node} /> },
  { key: "rate", words: "Calls", number: true, cell: ({ edge }) => perSecond(edge.rate_per_second) },
  {
    key: "failed",
    words: "Failed",
    number: true,
    cell: ({ edge }) => (
      <span className={failedRatio(edge) >= 0.01 ? "tone-bad strong" : undefined}>
        {count(failedOf(edge))} · {percent(failedRatio(edge), 1)}
      </span>
    ),
  },
  { key: "p99", words: "p99", number: true, cell: ({ edge }) => latencyWords(edge.p99_seconds) },
];

function Name({ node }: { node: MapNode }) {
  const href = nodePath(node, useRange().chosen);
  if (href === null) return <span>{node.label}</span>;
  return (
    <Link href={href} className="name-link strong" data-row={node.id}>
      {node.label}
    </Link>
  );
}
