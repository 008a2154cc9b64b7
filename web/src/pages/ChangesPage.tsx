// Changes: what was done, by whom?

import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { optional, useSearchState } from "../app/searchState";
import { useChanges, useSession } from "../api/queries";
import type { Change } from "../api/types";
import { ActionButton } from "../parts/ActionButton";
import { RowBones, StripBones } from "../parts/Bones";
import { Moment } from "../parts/Moment";
import { Answered, Empty } from "../parts/Notice";
import { RangePicker } from "../parts/RangePicker";
import { matches, Search, useFilter } from "../parts/Search";
import { type Cell, Strip } from "../parts/Strip";
import { type Column, Table } from "../parts/Table";
import { changesPath, senderPath } from "../paths";
import { rangeWords, useRange } from "../range/range";
import { permitted } from "../states/permissions";
import { kindOf } from "../words/changes";
import { capital, count, share } from "../words/counts";
import { when } from "../words/moments";
import { AddChange } from "./AddChange";

/** The change that a mark on a chart leads to. */
const PARAMS = { change: optional };

export default function ChangesPage() {
  const [{ change: chosen }] = useSearchState(PARAMS);
  const looked = useRange().or("now-7d");
  const changes = useChanges(looked);
  const session = useSession();
  const [typed, setTyped] = useFilter();
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Changes"
      lists="/api/v1/changes"
      beside={rangeWords(looked)}
      reads={[changes]}
      tools={
        <>
          <ActionButton
            words="Record a change…"
            permission={permitted(session.data, "add_change")}
            onClick={() => setAdding(true)}
          />
          <RangePicker usual="now-7d" />
          <Search label="Filter changes" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered
        query={changes}
        bones={
          <>
            <StripBones cells={4} />
            <RowBones rows={8} />
          </>
        }
      >
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title={`No change ${rangeWords(looked)}`}
              command="holdfast change add --kind deploy --service payment --version v2.31 --summary “…”"
            >
              Deploys, flags, configuration and scaling appear here, and as thin marks on every chart, so that
              you see what changed before a burn. A new service.version that takes traffic appears by itself;
              let your pipeline record the rest.
            </Empty>
          ) : (
            <Listed items={items}>
              <Table
                label="Changes"
                usual="newest first"
                columns={COLUMNS}
                rows={items.filter((change) =>
                  matches(
                    `${kindOf(change)} ${change.service ?? ""} ${change.version ?? ""} ${byWhom(change)} ${change.summary}`,
                    typed,
                  ),
                )}
                rowKey={(change) => change.id}
                current={chosen === null ? null : Number(chosen)}
                nothing={`No change matches “${typed}”.`}
              />
            </Listed>
          )
        }
      </Answered>
      <AddChange opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}

function Listed({ items, children }: { items: readonly Change[]; children: ReactNode }) {
  return (
    <>
      <Strip cells={cellsOf(items)} />
      <div className="grid">{children}</div>
    </>
  );
}

function cellsOf(items: readonly Change[]): Cell[] {
  const deploys = items.filter((change) => change.kind === "deploy");
  const services = new Set(items.flatMap((change) => change.service ?? []));
  const people = new Set(items.filter(({ source }) => source === "reported").map(({ actor }) => actor));
  const last = items[0];
  return [
    {
      label: "Changes",
      value: count(items.length),
      note: people.size > 0 ? `by ${peopleWords([...people])}` : "detected",
    },
    {
      label: "Deploys",
      value: count(deploys.length),
      note: [...new Set(deploys.flatMap((change) => change.service ?? []))].join(", ") || "none",
      href: changesPath({ q: "deploy" }),
    },
    { label: "Services changed", value: count(services.size), note: [...services].join(", ") },
    {
      label: "Last change",
      value: last ? when(last.at) : "—",
      note: last?.summary,
      href: last && senderOf(last),
    },
  ];
}

function peopleWords(people: readonly string[]): string {
  return `${people.slice(0, 3).join(", ")}${people.length > 3 ? " and others" : ""}`;
}

function senderOf({ service, ...change }: Change): string | undefined {
  return service === null ? undefined : senderPath({ ...change, service });
}

/** Where, how much and since when telemetry shows the version; each place in full on hover. */
function Traffic({ of: { observed } }: { of: Change }) {
  const [first, ...others] = observed;
  if (first === undefined) return <span className="none">—</span>;
  if (first.arrival === "gone")
    return (
      <span title={`${share(first.requests / Math.max(1, first.total_requests))} in the 5 min before`}>
        none <span className="muted">since {when(first.since)}</span>
      </span>
    );
  const where = first.zones.length > 0 ? ` in ${first.zones.join(", ")}` : "";
  return (
    <span title={observed.map(({ summary }) => summary).join("\n")}>
      {share(first.requests / Math.max(1, first.total_requests))} of {count(first.total_requests)}
      {where} <span className="muted">since {when(first.since)}</span>
      {others.length > 0 && <span className="muted"> +{count(others.length)}</span>}
    </span>
  );
}

/** Nobody reported what was detected. */
function byWhom({ source, actor }: Change): string {
  return source === "detected" ? "detected" : actor;
}

const COLUMNS: readonly Column<Change>[] = [
  {
    key: "at",
    words: "When",
    order: (one, other) => other.at.localeCompare(one.at),
    cell: (change) => (
      <span className="muted">
        <Moment at={change.at} />
      </span>
    ),
  },
  {
    key: "kind",
    words: "Kind",
    order: (one, other) => kindOf(one).localeCompare(kindOf(other)),
    cell: (change) => <span className="tone-accent">{capital(kindOf(change))}</span>,
  },
  {
    key: "service",
    words: "Service",
    order: (one, other) => (one.service ?? "").localeCompare(other.service ?? ""),
    cell: (change) =>
      change.service === null ? (
        <span className="quiet">all</span>
      ) : (
        <Link
          href={senderPath({ ...change, service: change.service })}
          data-row={change.id}
          className="name-link strong"
        >
          {change.service}
        </Link>
      ),
  },
  { key: "version", words: "Version", cell: (change) => change.version ?? <span className="none">—</span> },
  {
    key: "summary",
    words: "Summary",
    wide: true,
    cell: (change) => <span title={change.summary}>{change.summary}</span>,
  },
  { key: "traffic", words: "Traffic seen", named: true, cell: (change) => <Traffic of={change} /> },
  {
    key: "actor",
    words: "By",
    named: true,
    order: (one, other) => one.actor.localeCompare(other.actor),
    cell: (change) => <span className="muted">{byWhom(change)}</span>,
  },
];
