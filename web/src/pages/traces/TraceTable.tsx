// The table of traces found: what happened, where the time went, and two to compare.

import { type ReactNode, useEffect, useEffectEvent } from "react";
import { Link, useLocation } from "wouter";
import { typing } from "../../app/keys";
import type { Scatter, TraceHit } from "../../api/types";
import { useRowWalk } from "../../parts/Table";
import { TableMenu, ViewItems } from "../../parts/TableMenu";
import { useTableView } from "../../parts/tableView";
import { Sign } from "../../parts/Sign";
import { comparisonPath, tracePath } from "../../paths";
import { count, countOf } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { clockSeconds, fullMoment, when } from "../../words/moments";
import { type Group, headWords, moreWords, type Outcome } from "./groups";
import { TimeBar } from "./TimeBar";

const PAIR = 2;
const SIGNS = { failed: "square", slow: "triangle", usual: "circle" } as const;
const TONES = { failed: "tone-bad", slow: "tone-warn", usual: "muted" } as const;
const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = { failed: "failed: ", slow: "slow: ", usual: "" };

type Props = {
  groups: readonly Group[];
  scatter: Scatter | undefined;
  picked: readonly string[];
  onPick: (ids: readonly string[]) => void;
};

export function TraceTable({ groups, scatter, picked, onPick }: Props) {
  useRowWalk();
  const toggle = (id: string) =>
    onPick(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked.slice(1 - PAIR), id]);
  useCompareKeys(picked, toggle);
  const [view, setView] = useTableView("Traces");
  const columns = COLUMNS.filter(({ key }) => !view.hidden.includes(key));
  const shown = groups.filter((group) => group.hits.length > 0);
  const longest = Math.max(
    Number.EPSILON,
    ...shown.flatMap(({ hits }) => hits.map((hit) => hit.duration_seconds)),
  );
  return (
    <section className="panel" aria-label="Traces">
      <TableMenu label="Traces" rows={shown.flatMap(({ hits }) => hits)}>
        <ViewItems columns={OPTIONAL} view={view} onView={setView} />
      </TableMenu>
      <table className={`table trace-table ${view.density}`}>
        <thead>
          <tr>
            {columns.map(({ key, words, className }) => (
              <th key={key} scope="col" className={className}>
                {key === "compare" ? <span className="hidden-words">{words}</span> : words}
              </th>
            ))}
          </tr>
        </thead>
        {shown.map((group) => (
          <tbody key={group.key}>
            {group.key !== "all" && (
              <tr className="trace-group">
                <th colSpan={columns.length} scope="rowgroup">
                  <b>{group.name}</b> {headWords(group, scatter)}
                </th>
              </tr>
            )}
            {group.hits.map((hit) => (
              <Row
                key={hit.trace_id}
                hit={hit}
                columns={columns}
                longest={longest}
                picked={picked.includes(hit.trace_id)}
                onPick={() => toggle(hit.trace_id)}
              />
            ))}
            {group.found.hasNextPage && <More group={group} scatter={scatter} columns={columns.length} />}
          </tbody>
        ))}
      </table>
    </section>
  );
}

type Shown = { hit: TraceHit; longest: number; picked: boolean; onPick: () => void };
type Column = { key: string; words: string; className?: string; cell: (shown: Shown) => ReactNode };

const COLUMNS: readonly Column[] = [
  { key: "compare", words: "Compare", cell: (shown) => <Pick {...shown} /> },
  { key: "began", words: "Began", cell: ({ hit }) => <Began hit={hit} /> },
  { key: "happened", words: "What happened", className: "wide", cell: ({ hit }) => <Happened hit={hit} /> },
  {
    key: "time",
    words: "Where the time went",
    className: "trace-extra",
    cell: ({ hit, longest }) => <TimeBar hit={hit} longest={longest} />,
  },
  { key: "most", words: "Most in", className: "trace-extra muted", cell: ({ hit }) => mostWords(hit) },
  {
    key: "where",
    words: "Zone · version",
    className: "trace-where muted",
    cell: ({ hit: { what_happened: what } }) => [what.zone, what.version].filter(Boolean).join(" · "),
  },
  {
    key: "spans",
    words: "Spans",
    className: "number trace-spans muted",
    cell: ({ hit }) => count(hit.spans),
  },
  { key: "took", words: "Took", className: "number", cell: ({ hit }) => <Took hit={hit} /> },
];
/** What happened names the row, so it stays, as the box to compare does. */
const OPTIONAL = COLUMNS.filter(({ key }) => key !== "happened");

function Row({ columns, ...shown }: Shown & { columns: readonly Column[] }) {
  return (
    <tr>
      {columns.map(({ key, className, cell }) => (
        <td key={key} className={className}>
          {cell(shown)}
        </td>
      ))}
    </tr>
  );
}

function Pick({ hit, picked, onPick }: Shown) {
  return (
    <input
      type="checkbox"
      aria-label={`Compare the trace of ${clockSeconds(hit.started_at)}`}
      checked={picked}
      onChange={onPick}
    />
  );
}

function Began({ hit }: { hit: TraceHit }) {
  return (
    <span className="figure" title={fullMoment(hit.started_at)}>
      {clockSeconds(hit.started_at)}
    </span>
  );
}

function Happened({ hit }: { hit: TraceHit }) {
  const { outcome, operation, words, span_id, objective } = hit.what_happened;
  return (
    <Link
      href={tracePath(hit.trace_id, { span: span_id ?? hit.span_id, objective })}
      data-row={hit.trace_id}
      className="name-link trace-happened"
      title={`${hit.root_service} · ${operation}${words && ` · ${words}`}\n${hit.services.join(", ")}`}
    >
      <span className={TONES[outcome]}>
        <Sign sign={SIGNS[outcome]} />
        <span className="hidden-words">{OUTCOME_WORDS[outcome]}</span>
      </span>
      <span className="strong">{operation}</span> <Said hit={hit} />
    </Link>
  );
}

function mostWords({ time: [most] }: TraceHit): string {
  return most ? `${most.party} ${latencyWords(most.duration_seconds)}` : "";
}

function Took({ hit }: { hit: TraceHit }) {
  const { outcome } = hit.what_happened;
  const words = latencyWords(hit.duration_seconds);
  return outcome === "usual" ? words : <span className={TONES[outcome]}>{words}</span>;
}

/** What happened beside the operation; a trace that was as usual says what it survived. */
function Said({ hit }: { hit: TraceHit }) {
  const { outcome, words } = hit.what_happened;
  if (words) return <span className={TONES[outcome]}>{words}</span>;
  if (!hit.root_is_stored) return <span className="muted">root span not stored</span>;
  if (hit.errors > 0)
    return <span className="muted">answered, {countOf(hit.errors, "spans")} failed in it</span>;
  return <span className="muted">at {hit.root_service}</span>;
}

function More({ group, scatter, columns }: { group: Group; scatter: Scatter | undefined; columns: number }) {
  const oldest = group.hits.at(-1);
  return (
    <tr className="trace-more-row">
      <td colSpan={columns}>
        <button
          type="button"
          className="as-link link"
          onClick={() => void group.found.fetchNextPage()}
          aria-busy={group.found.isFetchingNextPage}
          title={oldest && `Before ${when(oldest.span_started_at)}`}
        >
          {moreWords(group, scatter)}
        </button>
      </td>
    </tr>
  );
}

/** `x` selects the row in focus, `c` compares the two selected. */
function useCompareKeys(picked: readonly string[], toggle: (id: string) => void) {
  const [, navigate] = useLocation();
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (typing(event)) return;
    const row = (document.activeElement as HTMLElement | null)?.dataset.row;
    const [first, second] = picked;
    if (event.key === "x" && row !== undefined) toggle(row);
    else if (event.key === "c" && first !== undefined && second !== undefined)
      navigate(comparisonPath(first, second));
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => press(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
