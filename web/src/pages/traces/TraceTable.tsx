// The table of traces found: what happened, where the time went, and two to compare.

import { useEffect, useEffectEvent } from "react";
import { Link, useLocation } from "wouter";
import { typing } from "../../app/keys";
import type { Scatter, TraceHit } from "../../api/types";
import { useRowWalk } from "../../parts/Table";
import { TableMenu } from "../../parts/TableMenu";
import { Sign } from "../../parts/Sign";
import { comparisonPath, tracePath } from "../../paths";
import { count, countOf } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { clockSeconds, fullMoment, when } from "../../words/moments";
import { type Group, headWords, moreWords, type Outcome } from "./groups";
import { TimeBar } from "./TimeBar";

const COLUMNS = 8;
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
  const shown = groups.filter((group) => group.hits.length > 0);
  const longest = Math.max(
    Number.EPSILON,
    ...shown.flatMap(({ hits }) => hits.map((hit) => hit.duration_seconds)),
  );
  return (
    <section className="panel" aria-label="Traces">
      <TableMenu label="Traces" rows={shown.flatMap(({ hits }) => hits)} />
      <table className="table trace-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden-words">Compare</span>
            </th>
            <th scope="col">Began</th>
            <th scope="col" className="wide">
              What happened
            </th>
            <th scope="col" className="trace-extra">
              Where the time went
            </th>
            <th scope="col" className="trace-extra">
              Most in
            </th>
            <th scope="col">Zone · version</th>
            <th scope="col" className="number">
              Spans
            </th>
            <th scope="col" className="number">
              Took
            </th>
          </tr>
        </thead>
        {shown.map((group) => (
          <tbody key={group.key}>
            {group.key !== "all" && (
              <tr className="trace-group">
                <th colSpan={COLUMNS} scope="rowgroup">
                  <b>{group.name}</b> {headWords(group, scatter)}
                </th>
              </tr>
            )}
            {group.hits.map((hit) => (
              <Row
                key={hit.trace_id}
                hit={hit}
                longest={longest}
                picked={picked.includes(hit.trace_id)}
                onPick={() => toggle(hit.trace_id)}
              />
            ))}
            {group.found.hasNextPage && <More group={group} scatter={scatter} />}
          </tbody>
        ))}
      </table>
    </section>
  );
}

type RowProps = { hit: TraceHit; longest: number; picked: boolean; onPick: () => void };

function Row({ hit, longest, picked, onPick }: RowProps) {
  const { outcome, operation, words, zone, version, span_id, objective } = hit.what_happened;
  const most = hit.time[0];
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare the trace of ${clockSeconds(hit.started_at)}`}
          checked={picked}
          onChange={onPick}
        />
      </td>
      <td>
        <span className="figure" title={fullMoment(hit.started_at)}>
          {clockSeconds(hit.started_at)}
        </span>
      </td>
      <td className="wide">
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
      </td>
      <td className="trace-extra">
        <TimeBar hit={hit} longest={longest} />
      </td>
      <td className="trace-extra muted">{most && `${most.party} ${latencyWords(most.duration_seconds)}`}</td>
      <td className="muted">{[zone, version].filter(Boolean).join(" · ")}</td>
      <td className="number muted">{count(hit.spans)}</td>
      <td className={`number ${outcome === "usual" ? "" : TONES[outcome]}`}>
        {latencyWords(hit.duration_seconds)}
      </td>
    </tr>
  );
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

function More({ group, scatter }: { group: Group; scatter: Scatter | undefined }) {
  const oldest = group.hits.at(-1);
  return (
    <tr className="trace-more-row">
      <td colSpan={COLUMNS}>
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
