// The table of objectives. Rows are placed by hand, so that ten thousand scroll like twenty.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useNarrow, usePhone } from "../../app/phone";
import { Quiet } from "../../parts/Notice";
import { SortPicker } from "../../parts/SortPicker";
import { TableMenu, ViewItems } from "../../parts/TableMenu";
import { useTableView } from "../../parts/tableView";
import { senderPath } from "../../paths";
import type { Trouble } from "../../states/states";
import { count } from "../../words/counts";
import { meaningOf } from "../../words/terms";
import { ObjectiveRow } from "./ObjectiveRow";
import { useRowKeys } from "./rowKeys";
import type { Row, SortKey, useObjectivesView } from "./view";

const ROW_PIXELS = 42;
/** On a phone a row is a card: its name, then its state, then counts and budget. */
const CARD_PIXELS = 96;
/** On a narrow screen names and notes take two lines. */
const TALL_PIXELS = 58;
const GROUP_PIXELS = 28;

const COLUMNS: ReadonlyArray<{ key: SortKey; words: string; number?: boolean }> = [
  { key: "name", words: "Objective" },
  { key: "bad", words: "Bad, 24 h · last 5 min" },
  { key: "state", words: "State" },
  { key: "target", words: "Target", number: true },
  { key: "attained", words: "Attained", number: true },
  { key: "budget", words: "Budget left" },
  { key: "burn", words: "Burn 5 min · 1 h · 6 h", number: true },
  { key: "exhausted", words: "Exhausted in", number: true },
];

type View = ReturnType<typeof useObjectivesView>;
type Props = { view: View; scroller: HTMLDivElement | null; reading: boolean };

export function ObjectivesTable({ view, scroller, reading }: Props) {
  const { rows } = view;
  const [shown, setShown] = useTableView("Objectives");
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [phone, narrow] = [usePhone(), useNarrow()];
  const rowPixels = phone ? CARD_PIXELS : narrow ? TALL_PIXELS : ROW_PIXELS;
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), [rowPixels]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (rows[index]?.kind === "objective" ? rowPixels : GROUP_PIXELS),
    getItemKey: (index) => keyOf(rows[index]) ?? index,
    overscan: 12,
    scrollMargin: offset,
    scrollPaddingStart: 60,
    scrollPaddingEnd: 60,
  });
  useEffect(() => virtual.measure(), [virtual, rows, rowPixels]);
  const active = useRowKeys(rows, (index) => virtual.scrollToIndex(index));
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Objectives">
      {rows.length > 0 && (
        <TableMenu
          label="Objectives"
          rows={rows.flatMap((row) => (row.kind === "objective" ? [row.objective] : []))}
          sorts={<SortPicker columns={COLUMNS} usual="as grouped" {...view} onSort={view.sortBy} />}
        >
          <ViewItems columns={COLUMNS} view={shown} onView={setShown} dense={false} />
        </TableMenu>
      )}
      <div
        role="table"
        data-hides={shown.hidden.join(" ")}
        aria-rowcount={rows.length + 1}
        aria-label={`${count(rows.length)} rows of objectives`}
      >
        <Head view={view} phone={phone} />
        <div ref={body} role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const place = {
              className: item.index === rows.length - 1 ? "last" : "",
              style: { transform: `translateY(${item.start - offset}px)` },
              "aria-rowindex": item.index + 2,
            };
            return row.kind !== "objective" ? (
              <Group key={item.key} row={row} place={place} />
            ) : (
              <ObjectiveRow
                key={item.key}
                objective={row.objective}
                place={place}
                active={row.objective.name === active}
              />
            );
          })}
        </div>
      </div>
      {rows.length === 0 && <Quiet>{reading ? "Loading…" : nothingWords(view)}</Quiet>}
    </section>
  );
}

function keyOf(row: Row | undefined): string | undefined {
  if (row === undefined) return undefined;
  if (row.kind === "objective") return row.objective.name;
  return row.kind === "group" ? `service ${row.service}` : `trouble ${row.trouble}`;
}

function nothingWords({ typed, state }: View): string {
  const parts = [typed && `matches “${typed}”`, state && `is ${state.replaceAll("_", " ")}`].filter(Boolean);
  return `No objective ${parts.join(" and ")}. Clear the filter to see all.`;
}

function Head({ view, phone }: { view: View; phone: boolean }) {
  return (
    <div role="rowgroup" className="grid-head-group" style={{ display: "contents" }}>
      <div role="row" className="grid-head" aria-rowindex={1}>
        {COLUMNS.map(({ key, words, number }) => {
          const sorted = view.sort === key ? (view.turned ? "descending" : "ascending") : undefined;
          return (
            <div
              key={key}
              data-column={key}
              title={meaningOf(words)}
              role="columnheader"
              aria-sort={sorted}
              className={number ? "number" : undefined}
            >
              {phone ? (
                words
              ) : (
                <button type="button" className="sort" onClick={() => view.sortBy(key)}>
                  {words}
                  {sorted && <span aria-hidden="true">{view.turned ? " ↑" : " ↓"}</span>}
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

type Place = { className: string; style: { transform: string }; "aria-rowindex": number };

function Group({ row, place }: { row: Exclude<Row, { kind: "objective" }>; place: Place }) {
  return (
    <div role="row" {...place} className={`grid-group ${place.className}`}>
      <span role="cell" aria-colspan={COLUMNS.length}>
        {row.kind === "group" ? <ServiceWords row={row} /> : <TroubleWords row={row} />}
      </span>
    </div>
  );
}

function ServiceWords({ row }: { row: Extract<Row, { kind: "group" }> }) {
  const about = [row.tier && `tier ${row.tier}`, row.team && `${row.team} team`].filter(Boolean).join(" · ");
  return (
    <>
      <Link href={senderPath(row)} className="name-link">
        {row.service}
      </Link>{" "}
      {about}
    </>
  );
}

const TROUBLE_WORDS: Record<Trouble, readonly [string, string]> = {
  burning: ["Burning", "most bad events of the last hour first"],
  no_data: ["No data", "alerts are suspended"],
  exhausted: ["Exhausted, quiet", "nothing burns now"],
  ok: ["Ok", "least budget left first"],
};

function TroubleWords({ row }: { row: Extract<Row, { kind: "trouble" }> }) {
  const [name, about] = TROUBLE_WORDS[row.trouble];
  return (
    <>
      <b>{name}</b> {count(row.count)}, {about}
    </>
  );
}
