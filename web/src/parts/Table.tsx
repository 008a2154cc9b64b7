// The plain table of every list that is not thousands long: sorted by its heads, walked with j and k, kept in the URL.

import { type ReactNode, useEffect } from "react";
import { typing } from "../app/keys";
import { flag, optional, sortedBy, useSearchState } from "../app/searchState";
import { Quiet } from "./Notice";

export type Column<Row> = {
  key: string;
  words: string;
  number?: boolean;
  wide?: boolean;
  cell: (row: Row) => ReactNode;
  /** Sorts the worst first; a column without it cannot be sorted. */
  order?: (one: Row, other: Row) => number;
};
type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  nothing: string;
};

export function Table<Row>({ label, columns, rows, rowKey, nothing }: Props<Row>) {
  const { sorted, sort, turned, sortBy } = useSorted(columns, rows);
  useRowWalk();
  return (
    <section className="panel" aria-label={label} style={{ overflowX: "auto" }}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={`${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`}
                aria-sort={sort === column.key ? (turned ? "descending" : "ascending") : undefined}
              >
                {column.order ? (
                  <button type="button" className="sort" onClick={() => sortBy(column.key)}>
                    {column.words}
                    {sort === column.key && <span aria-hidden="true">{turned ? " ↑" : " ↓"}</span>}
                  </button>
                ) : (
                  column.words
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={`${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <Quiet>{nothing}</Quiet>}
    </section>
  );
}

const SORTED = { sort: optional, desc: flag };

function useSorted<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const [{ sort, desc: turned }, set] = useSearchState(SORTED, "replace");
  const order = columns.find((column) => column.key === sort)?.order;
  const sorted = order
    ? [...rows].sort((one, other) => (turned ? -order(one, other) : order(one, other)))
    : rows;
  return { sorted, sort, turned, sortBy: (key: string) => set(sortedBy(key)) };
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus from one row's link (`data-row`) to the next. */
export function useRowWalk() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = STEPS[event.key];
      if (step === undefined || typing(event)) return;
      const links = [...document.querySelectorAll<HTMLElement>("tbody [data-row]")];
      const at = links.indexOf(document.activeElement as HTMLElement);
      const next = links[at === -1 && step < 0 ? links.length - 1 : at + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
