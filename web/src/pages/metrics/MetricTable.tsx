// All metrics there are in the range, as a table: one row for each kind and unit a name comes in.

import { Link } from "wouter";
import type { Metric } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { type Column, Table } from "../../parts/Table";
import { metricPath } from "../../paths";
import type { Range } from "../../range/range";
import { count } from "../../words/counts";
import { unitName } from "../../words/units";
import { kindWords } from "./MetricList";

type Stream = Metric["streams"][number];
type Row = Stream & { name: string };
const SERVICES_NAMED = 3;

export function MetricTable({
  items,
  typed,
  chosen,
}: {
  items: readonly Metric[];
  typed: string;
  chosen: Range | null;
}) {
  const rows = items.flatMap(({ name, streams }) => streams.map((stream) => ({ name, ...stream })));
  return (
    <Table
      label="Metrics"
      columns={columnsOf(chosen, typed)}
      rows={rows}
      rowKey={(row) => `${row.name} ${row.kind} ${row.unit} ${row.temporality} ${row.is_monotonic}`}
      nothing={`No metric matches “${typed}”.`}
    />
  );
}

function columnsOf(chosen: Range | null, typed: string): Column<Row>[] {
  return [
    {
      key: "name",
      words: "Metric",
      wide: true,
      order: (one, other) => one.name.localeCompare(other.name),
      cell: (row) => (
        <>
          <Link
            href={metricPath(row.name, { range: chosen, q: typed })}
            data-row={row.name}
            className="name-link strong"
          >
            {row.name}
          </Link>
          <span className="muted" title={row.description}>
            {"  "}
            {row.description}
          </span>
        </>
      ),
    },
    {
      key: "kind",
      words: "Kind",
      order: (one, other) => one.kind.localeCompare(other.kind),
      cell: (row) => <span className="muted">{described(row)}</span>,
    },
    {
      key: "unit",
      words: "Unit",
      cell: (row) => (
        <span className="muted" title={row.unit}>
          {unitName(row.unit) || "—"}
        </span>
      ),
    },
    {
      key: "services",
      words: "Services",
      cell: (row) => <span title={row.services.join(", ")}>{listed(row.services)}</span>,
    },
    {
      key: "series",
      words: "Series",
      number: true,
      order: (one, other) => other.series - one.series,
      cell: (row) => count(row.series),
    },
    {
      key: "seen",
      words: "Last seen",
      number: true,
      order: (one, other) => other.last_seen.localeCompare(one.last_seen),
      cell: (row) => <Moment at={row.last_seen} />,
    },
  ];
}

/** "delta" beside the kind where it is, for most are not. */
function described({ kind, is_monotonic, temporality }: Stream): string {
  const words = kindWords(kind, is_monotonic);
  return temporality === "delta" ? `${words}, delta` : words;
}

function listed(names: readonly string[]): string {
  return names.length <= SERVICES_NAMED
    ? names.join(", ")
    : `${names.slice(0, SERVICES_NAMED - 1).join(", ")} +${names.length - SERVICES_NAMED + 1}`;
}
