// Compare: what is new, missing, slower or fails in the second of two traces?

import { Link } from "wouter";
import { Page } from "../app/Page";
import { useComparison } from "../api/traces";
import type { Compared, Comparison } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { comparisonPath, tracePath, tracesPath } from "../paths";
import type { Tone } from "../states/states";
import { count, countOf, shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { when } from "../words/moments";
import { Pair } from "./compare/Pair";
import { differentOperations, longestOf } from "./compare/reading";

const PARENT = { href: tracesPath(), name: "Traces" };
const INDENT_PIXELS = 14;
const WORDS: Readonly<Record<Compared["change"], { words: string; tone: Tone }>> = {
  new: { words: "new", tone: "warn" },
  missing: { words: "missing", tone: "warn" },
  fails: { words: "fails", tone: "bad" },
  slower: { words: "slower", tone: "bad" },
  faster: { words: "faster", tone: "ok" },
  more_calls: { words: "more calls", tone: "warn" },
  fewer_calls: { words: "fewer calls", tone: "plain" },
  same: { words: "same", tone: "plain" },
};

export default function ComparePage({ first, second }: { first: string; second: string }) {
  const comparison = useComparison(first, second);
  return (
    <Page
      title={`${shortened(first)} and ${shortened(second)}`}
      parent={PARENT}
      beside="compared"
      reads={[comparison]}
      tools={
        <Link className="button" href={comparisonPath(second, first)}>
          Swap the two
        </Link>
      }
    >
      <Answered
        query={comparison}
        bones={
          <>
            <StripBones cells={4} />
            <RowBones rows={8} />
          </>
        }
      >
        {(data) => (
          <>
            <Strip cells={cellsOf(data)} />
            <Different comparison={data} />
            <div className="grid">
              <Table
                label="Calls of both traces"
                columns={columnsOf(data)}
                rows={data.rows}
                rowKey={(row) => keyOf(data, row)}
                nothing="Neither trace has a call."
              />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function Different({ comparison }: { comparison: Comparison }) {
  const roots = differentOperations(comparison);
  if (roots === null) return null;
  const name = ({ service, operation }: typeof roots.first) => `${service} ${operation}`;
  return (
    <p className="compare-different" role="note">
      These are different operations: the first is <b>{name(roots.first)}</b>, the second{" "}
      <b>{name(roots.second)}</b>. Below stand the calls of both; none is missing.
    </p>
  );
}

const keyOf = ({ rows }: Comparison, row: Compared) => rows.indexOf(row);

function cellsOf(comparison: Comparison): Cell[] {
  const { first, second, rows } = comparison;
  const isSame = differentOperations(comparison) === null;
  const counted = (...changes: Compared["change"][]) =>
    rows.filter((row) => changes.includes(row.change)).length;
  const one = (words: string, trace: Comparison["first"]): Cell => ({
    label: words,
    value: latencyWords(trace.duration_seconds),
    note: `${shortened(trace.trace_id)} · ${when(trace.started_at)} · ${countOf(trace.spans, "spans")}, ${count(trace.errors)} failed`,
    href: tracePath(trace.trace_id),
  });
  return [
    one("First", first),
    one("Second", second),
    {
      label: "Failing or slower",
      value: count(counted("fails", "slower")),
      note: "places in the tree of calls",
      tone: counted("fails", "slower") > 0 ? "bad" : "plain",
    },
    {
      label: isSame ? "New or missing" : "In one only",
      value: count(counted("new", "missing")),
      note: isSame
        ? `${count(counted("new"))} new, ${count(counted("missing"))} missing`
        : "different operations share few calls",
    },
  ];
}

/** Of two different operations, a call is not missing from the other: it is of one only. */
const ONE_ONLY: Partial<typeof WORDS> = {
  new: { words: "second only", tone: "plain" },
  missing: { words: "first only", tone: "plain" },
};

function columnsOf(comparison: Comparison): Column<Compared>[] {
  const words = differentOperations(comparison) === null ? WORDS : { ...WORDS, ...ONE_ONLY };
  const longest = longestOf(comparison.rows);
  const [call, ...figures] = COLUMNS;
  return [
    ...(call ? [call] : []),
    {
      key: "change",
      words: "Change",
      cell: (row) => <span className={`tone-${words[row.change].tone}`}>{words[row.change].words}</span>,
    },
    { key: "bars", words: "First, second", cell: (row) => <Pair row={row} longest={longest} /> },
    ...figures,
  ];
}

const COLUMNS: Column<Compared>[] = [
  {
    key: "call",
    words: "Service and operation",
    wide: true,
    cell: (row) => (
      <span
        style={{ paddingLeft: row.depth * INDENT_PIXELS }}
        title={`${row.kind} · ${row.service} · ${row.operation}`}
      >
        <span className="strong">{row.service}</span> <span className="muted">{row.operation}</span>
      </span>
    ),
  },
  { key: "calls", words: "Calls", number: true, cell: (row) => both(row, (one) => count(one.calls)) },
  {
    key: "took",
    words: "Took",
    number: true,
    cell: (row) => both(row, (one) => latencyWords(one.duration_seconds)),
  },
  {
    key: "self",
    words: "Self",
    number: true,
    extra: true,
    cell: (row) => both(row, (one) => latencyWords(one.self_seconds)),
  },
  {
    key: "slower",
    words: "Slower by",
    number: true,
    order: (one, other) => other.slower_seconds - one.slower_seconds,
    cell: (row) => differenceWords(row.slower_seconds),
  },
];

function both(row: Compared, words: (calls: NonNullable<Compared["first"]>) => string): string {
  return `${row.first ? words(row.first) : "—"} → ${row.second ? words(row.second) : "—"}`;
}

function differenceWords(seconds: number): string {
  if (seconds === 0) return "—";
  return seconds > 0 ? latencyWords(seconds) : `−${latencyWords(-seconds)}`;
}
