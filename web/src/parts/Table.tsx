// The plain table of every list that is not thousands long: sorted by its heads, walked with j and k, kept in the URL.

import { memo, type ReactNode, useDeferredValue, useEffect, useRef } from "react";
import { typing } from "../app/keys";
import { usePhone } from "../app/phone";
import { flag, optional, sortedBy, useSearchState } from "../app/searchState";
import { count } from "../words/counts";
import { meaningOf } from "../words/terms";
import { Quiet } from "./Notice";
import { SortPicker } from "./SortPicker";
import { TableMenu, ViewItems } from "./TableMenu";
import { useTableView } from "./tableView";

export type Column<Row> = {
  key: string;
  words: string;
  number?: boolean;
  /** On a phone's card its words stand before it, as before every number. */
  named?: boolean;
  /** On a phone's card it stands above what the row is about. */
  lead?: boolean;
  wide?: boolean;
  /** Its head is read out, but not drawn: the column continues the one before. */
  unnamed?: boolean;
  /** Gives way on a narrow screen; a phone's cards have room for it. */
  extra?: boolean;
  cell: (row: Row) => ReactNode;
  /** Sorts the worst first; a column without it cannot be sorted. */
  order?: (one: Row, other: Row) => number;
};
/** Rows under one heading, while the reader sorts by nothing else. */
export type Group<Row> = { name: string; about: string; holds: (row: Row) => boolean };

type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  nothing: string;
  groups?: readonly Group<Row>[];
  /** The order of the rows while the reader sorts by nothing else. */
  usual?: string;
  /** Drawn above its rows on a phone, where no head says what they are: of several lists on a page. */
  titled?: boolean;
  /** The key of the row that was asked for by address: it is marked, and brought into sight. */
  current?: string | number | null;
};

export function Table<Row>(props: Props<Row>) {
  const {
    label,
    columns: all,
    rows,
    rowKey,
    nothing,
    groups = [],
    usual = "as listed",
    titled = false,
    current = null,
  } = props;
  const { sorted, sort, turned, sortBy } = useSorted(all, rows);
  const [view, setView] = useTableView(label);
  const columns = all.filter(({ key }, place) => place === 0 || !view.hidden.includes(key));
  const phone = usePhone();
  useRowWalk();
  const lines = useRowClicks();
  const shown = sort === null ? groups : [];
  // Hundreds of rows take longer than a frame: the head and the filter answer first, and the rows follow.
  const body = useDeferredValue({ columns, rows: sorted, groups: shown, rowKey, current });
  return (
    <section className="panel" aria-label={label} style={{ overflowX: "auto" }}>
      {rows.length > 0 && (
        <TableMenu
          label={label}
          titled={titled}
          rows={inGroups(sorted, shown)}
          sorts={
            <SortPicker
              columns={columns.filter(({ order }) => order !== undefined)}
              {...{ sort, turned, usual }}
              onSort={sortBy}
            />
          }
        >
          <ViewItems columns={all} view={view} onView={setView} />
        </TableMenu>
      )}
      <table className={`table cards ${view.density}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                title={meaningOf(column.words)}
                className={classOf(column)}
                aria-sort={sort === column.key ? (turned ? "descending" : "ascending") : undefined}
              >
                {column.order && !phone ? (
                  <button type="button" className="sort" onClick={() => sortBy(column.key)}>
                    {column.words}
                    {sort === column.key && <span aria-hidden="true">{turned ? " ↑" : " ↓"}</span>}
                  </button>
                ) : (
                  <span className={column.unnamed ? "read-out" : undefined}>{column.words}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={lines}>
          <Rows body={body} />
        </tbody>
      </table>
      {rows.length === 0 && <Quiet>{nothing}</Quiet>}
    </section>
  );
}

/** The rows in the order they are drawn in. */
function inGroups<Row>(rows: readonly Row[], groups: readonly Group<Row>[]): readonly Row[] {
  return groups.length === 0 ? rows : groups.flatMap(({ holds }) => rows.filter(holds));
}

type Body<Row> = Pick<Props<Row>, "columns" | "rows" | "rowKey" | "current"> & {
  groups: readonly Group<Row>[];
};

const Rows = memo(function Rows<Row>({
  body: { columns, rows, groups, rowKey, current },
}: {
  body: Body<Row>;
}) {
  if (groups.length === 0) {
    return rows.map((row) => (
      <Cells key={rowKey(row)} columns={columns} row={row} isCurrent={rowKey(row) === current} />
    ));
  }
  return groups.map((group) => (
    <Grouped
      key={group.name}
      group={group}
      columns={columns}
      rows={rows.filter(group.holds)}
      rowKey={rowKey}
    />
  ));
}) as <Row>(props: { body: Body<Row> }) => ReactNode;

type Shown<Row> = { columns: readonly Column<Row>[] };

function Cells<Row>({ columns, row, isCurrent = false }: Shown<Row> & { row: Row; isCurrent?: boolean }) {
  const line = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isCurrent) line.current?.scrollIntoView({ block: "nearest" });
  }, [isCurrent]);
  return (
    <tr ref={line} aria-current={isCurrent ? "true" : undefined}>
      {columns.map((column) => (
        <td
          key={column.key}
          className={classOf(column)}
          data-words={column.number || column.named ? column.words : undefined}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function classOf<Row>({ number, wide, unnamed, extra, lead }: Column<Row>): string {
  const classes = { number, wide, unnamed, extra, lead };
  return Object.entries(classes)
    .flatMap(([name, has]) => (has ? [name] : []))
    .join(" ");
}

type GroupedProps<Row> = Shown<Row> & Pick<Props<Row>, "rows" | "rowKey"> & { group: Group<Row> };

function Grouped<Row>({ group, columns, rows, rowKey }: GroupedProps<Row>) {
  if (rows.length === 0) return null;
  return (
    <>
      <tr className="group">
        <th scope="colgroup" colSpan={columns.length}>
          <b>{group.name}</b> {count(rows.length)}, {group.about}
        </th>
      </tr>
      {rows.map((row) => (
        <Cells key={rowKey(row)} columns={columns} row={row} />
      ))}
    </>
  );
}

const SORTED = { sort: optional, desc: flag };

function useSorted<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const [{ sort, desc: turned }, set] = useSearchState(SORTED, "replace");
  const order = columns.find((column) => column.key === sort)?.order;
  const sorted = order
    ? [...rows].sort((one, other) => (turned ? -order(one, other) : order(one, other)))
    : rows;
  const sortBy = (key: string | null) => set(key === null ? { sort: null, desc: false } : sortedBy(key));
  return { sorted, sort, turned, sortBy };
}

const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus from one row's link (`data-row`) to the next. */
export function useRowWalk() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = STEPS[event.key];
      if (step === undefined || event.defaultPrevented || typing(event)) return;
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

/** A click anywhere in a row follows the row's link (`data-row`); keys have the link itself. */
function useRowClicks() {
  const lines = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    const body = lines.current;
    body?.addEventListener("click", openRow);
    return () => body?.removeEventListener("click", openRow);
  }, []);
  return lines;
}

/** Unless the click meant something else in the row, or selected text. */
function openRow(event: MouseEvent) {
  const at = event.target as HTMLElement;
  if (at.closest("a, button, input, label, summary") || getSelection()?.isCollapsed === false) return;
  const { ctrlKey, metaKey, shiftKey } = event;
  const click = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey });
  at.closest("tr")?.querySelector("a[data-row]")?.dispatchEvent(click);
}
