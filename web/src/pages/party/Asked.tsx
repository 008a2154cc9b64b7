// What is asked of a party, and what it answers.

import { Link } from "wouter";
import type { PartyAnswers } from "../../api/types";
import { Rows } from "../../export/context";
import { Meter } from "../../parts/Meter";
import { Quiet } from "../../parts/Notice";
import { type Column, Table } from "../../parts/Table";
import { tracesPath } from "../../paths";
import type { Range } from "../../range/range";
import { count, percent } from "../../words/counts";
import { latencyWords } from "../../words/durations";

type Operation = PartyAnswers["operations"][number];

export function Asked({ answers, looked }: { answers: PartyAnswers; looked: Range }) {
  return (
    <Table
      label="Operations"
      titled
      columns={columnsOf(looked)}
      rows={answers.operations}
      rowKey={(row) => `${row.environment} ${row.namespace} ${row.service} ${row.operation}`}
      nothing="No calls in this range left a span of their caller."
    />
  );
}

function columnsOf(looked: Range): Column<Operation>[] {
  return [
    {
      key: "operation",
      words: "Operation",
      wide: true,
      cell: (row) => (
        <Link
          href={tracesPath({ ...askedOf(row), range: looked })}
          className="name-link strong"
          data-row={row.operation}
          title="Traces with this call"
        >
          {row.operation}
        </Link>
      ),
    },
    {
      key: "caller",
      words: "Caller",
      named: true,
      cell: (row) => <span className="muted">{row.service}</span>,
    },
    { key: "calls", words: "Calls", number: true, cell: (row) => count(row.calls) },
    {
      key: "failed",
      words: "Failed",
      number: true,
      cell: (row) =>
        row.errors === 0 ? (
          <span className="quiet">0</span>
        ) : (
          <Link
            href={tracesPath({ ...askedOf(row), status: "error", range: looked })}
            className="tone-bad strong"
          >
            {count(row.errors)} · {percent(row.errors / row.calls, 1)}
          </Link>
        ),
    },
    { key: "p50", words: "p50", number: true, cell: (row) => latencyWords(row.p50_seconds) },
    { key: "p99", words: "p99", number: true, cell: (row) => latencyWords(row.p99_seconds) },
  ];
}

const askedOf = ({ service, operation }: Operation) => ({ service, operation, kind: "client" });

export function Answers({ answers: { answers } }: { answers: PartyAnswers }) {
  const all = answers.reduce((sum, one) => sum + one.calls, 0);
  if (all === 0) return <Quiet>No answers in this range.</Quiet>;
  return (
    <ul>
      <Rows of={answers} />
      {answers.map((one) => (
        <li key={one.answer} className="listed answered">
          <span title={one.answer}>{one.answer}</span>
          <Meter ratio={one.calls / all} tone={one.errors > 0 ? "bad" : "plain"} />
          <span className="number">
            {count(one.calls)} of {count(all)}
          </span>
        </li>
      ))}
    </ul>
  );
}
