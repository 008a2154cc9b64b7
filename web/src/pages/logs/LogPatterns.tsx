// Patterns: what do the lines say, and what was not said before?

import type { UseQueryResult } from "@tanstack/react-query";
import type { LogPattern, LogPatterns as Found } from "../../api/logs";
import { RowBones } from "../../parts/Bones";
import { Moment } from "../../parts/Moment";
import { Answered } from "../../parts/Notice";
import { Sign } from "../../parts/Sign";
import { Sparkline } from "../../parts/Sparkline";
import { type Column, Table } from "../../parts/Table";
import { count } from "../../words/counts";
import { SEVERITIES } from "./looks";
import type { LogSearch } from "./search";

export function LogPatterns({ patterns, search }: { patterns: UseQueryResult<Found>; search: LogSearch }) {
  return (
    <Answered query={patterns} bones={<RowBones rows={8} />}>
      {(found) => (
        <>
          <p className="footnote log-basis">{basisWords(found)}</p>
          <Table
            label="Patterns"
            columns={columnsOf(found, search)}
            rows={found.items}
            rowKey={(row) => row.template}
            nothing="No lines in this range."
          />
        </>
      )}
    </Answered>
  );
}

function basisWords({ exact, mined, of, before }: Found): string {
  const counted = exact
    ? `All ${count(of)} lines were read.`
    : `Estimated from ${count(mined)} of ${count(of)} lines, warnings and worse apart from the rest.`;
  const news =
    before > 0
      ? "New: no line in the previous range of the same length matches."
      : "The previous range has no lines to compare with.";
  return `${counted} ${news}`;
}

function columnsOf(found: Found, search: LogSearch): Column<LogPattern>[] {
  return [
    {
      key: "new",
      words: "New",
      cell: (row) =>
        row.new ? (
          <span className="chip chip-warn">new</span>
        ) : (
          <span className="quiet">{row.new === null ? "?" : ""}</span>
        ),
    },
    {
      key: "severity",
      words: "Severity",
      cell: ({ severity }) => (
        <span className={`log-severity tone-${SEVERITIES[severity].tone}`}>
          <Sign sign={SEVERITIES[severity].sign} /> {SEVERITIES[severity].word}
        </span>
      ),
    },
    {
      key: "template",
      words: "Pattern",
      wide: true,
      cell: (row) =>
        row.query === "" ? (
          <code title={row.example}>{row.template}</code>
        ) : (
          <button
            type="button"
            className="as-link log-template"
            title={`For example: ${row.example}`}
            onClick={() => search.look(row.query)}
          >
            <code>{row.template}</code>
          </button>
        ),
    },
    {
      key: "services",
      words: "Services",
      cell: ({ services }) => (
        <span className="muted">
          {services.length <= 2
            ? services.join(", ")
            : `${services.slice(0, 2).join(", ")} +${services.length - 2}`}
        </span>
      ),
    },
    {
      key: "lines",
      words: "Lines",
      number: true,
      order: (one, other) => other.lines - one.lines,
      cell: (row) => `${found.exact ? "" : "≈ "}${count(row.lines)}`,
    },
    {
      key: "time",
      words: "Over time",
      cell: (row) => (
        <Sparkline
          values={row.sparkline}
          tone={SEVERITIES[row.severity].tone}
          label={`Lines of ${row.template}`}
        />
      ),
    },
    { key: "first", words: "First seen", number: true, cell: (row) => <Moment at={row.first_seen} /> },
  ];
}
