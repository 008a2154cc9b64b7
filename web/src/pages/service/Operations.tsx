// A service's operations; one is chosen to be charted alone.

import type { Operation, ServiceDetail } from "../../api/types";
import { type Column, Table } from "../../parts/Table";
import { rangeWords, useRange } from "../../range/range";
import { count, perSecond, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";

type Props = { service: ServiceDetail; onPick: (operation: string) => void };

export function Operations({ service, onPick }: Props) {
  const looked = useRange().or("now-1h");
  return (
    <Table
      label="Operations"
      titled
      columns={columnsOf(onPick, rangeWords(looked))}
      rows={service.operations}
      rowKey={(row) => `${row.kind} ${row.operation}`}
      nothing="No calls in this range."
    />
  );
}

const down = (one: number | null, other: number | null) => (other ?? -1) - (one ?? -1);

/** Its figures are of the whole range, beside others of the last five minutes: the head says so. */
function columnsOf(onPick: (operation: string) => void, over: string): Column<Operation>[] {
  return [
    {
      key: "operation",
      words: `Operation · ${over}`,
      wide: true,
      order: (one, other) => one.operation.localeCompare(other.operation),
      cell: (row) => (
        <button
          type="button"
          className="as-link strong"
          data-row={row.operation}
          onClick={() => onPick(row.operation)}
          title="Chart only this operation"
        >
          {row.operation}
        </button>
      ),
    },
    { key: "kind", words: "Kind", cell: (row) => <span className="muted">{row.kind}</span> },
    {
      key: "rate",
      words: "Rate",
      number: true,
      order: (one, other) => down(one.rate_per_second, other.rate_per_second),
      cell: (row) => perSecond(row.rate_per_second),
    },
    {
      key: "errors",
      words: "Errors",
      number: true,
      order: (one, other) => down(one.error_ratio, other.error_ratio),
      cell: (row) => (
        <span className={(row.error_ratio ?? 0) >= 0.01 ? "tone-bad" : undefined}>
          {count(row.errors)} · {percent(row.error_ratio, 2)}
        </span>
      ),
    },
    ...(["p50", "p99"] as const).map((quantile): Column<Operation> => ({
      key: quantile,
      words: quantile,
      number: true,
      order: (one, other) => down(one[`${quantile}_seconds`], other[`${quantile}_seconds`]),
      cell: (row) => latencyWords(row[`${quantile}_seconds`]),
    })),
  ];
}
