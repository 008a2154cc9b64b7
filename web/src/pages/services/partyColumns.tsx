// The columns of the list of services, where rows are stores, queues and providers too.

import { Link } from "wouter";
import type { Service } from "../../api/types";
import type { Column } from "../../parts/Table";
import { nodePath } from "../../paths";
import type { Range } from "../../range/range";
import { KIND_WORDS } from "../map/looks";
import { kindOf, type Row } from "./parties";

/** What only spans of its own would say. */
const UNSEEN: readonly string[] = ["traffic", "failures", "durations", "zones", "versions"];

export function withParties(columns: readonly Column<Service>[], chosen: Range | null): Column<Row>[] {
  return columns.map((column) => ({
    ...column,
    cell: (row) => {
      if (kindOf(row) === "service") return column.cell(row);
      if (column.key === "name") return <PartyName row={row} chosen={chosen} />;
      return UNSEEN.includes(column.key) ? null : column.cell(row);
    },
  }));
}

function PartyName({ row, chosen }: { row: Row; chosen: Range | null }) {
  const kind = kindOf(row);
  const href = nodePath({ ...row, kind }, chosen);
  return (
    <>
      {href !== null && (
        <Link href={href} data-row={row.id} className="name-link strong">
          {row.label}
        </Link>
      )}
      <small>{[KIND_WORDS[kind], row.team].filter(Boolean).join(" · ")}</small>
    </>
  );
}
