// Changes: what was done, by whom?

import { useState } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { useChanges, useSession } from "../api/queries";
import type { Change } from "../api/types";
import { ActionButton } from "../parts/ActionButton";
import { RowBones } from "../parts/Bones";
import { Moment } from "../parts/Moment";
import { Answered, Empty } from "../parts/Notice";
import { RangePicker } from "../parts/RangePicker";
import { matches, Search, useFilter } from "../parts/Search";
import { type Column, Table } from "../parts/Table";
import { rangeWords, useRange } from "../range/range";
import { permitted } from "../states/permissions";
import { capital } from "../words/counts";
import { AddChange } from "./AddChange";

export default function ChangesPage() {
  const looked = useRange().or("now-7d");
  const changes = useChanges(looked);
  const session = useSession();
  const [typed, setTyped] = useFilter();
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Changes"
      beside={rangeWords(looked)}
      reads={[changes]}
      tools={
        <>
          <ActionButton words="Record a change…" permission={permitted(session.data, "add_change")} onClick={() => setAdding(true)} />
          <RangePicker usual="last 7 d" />
          <Search label="Filter changes" value={typed} onChange={setTyped} />
        </>
      }
    >
      <Answered query={changes} bones={<RowBones rows={8} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={`No change ${rangeWords(looked)}`} command="holdfast change add --kind deploy --service payment --version v2.31 --summary “…”">
              Deploys, flags, configuration and scaling stand here, and as thin marks on every chart, so that a burn is seen beside what came before it. Let your pipeline record
              them.
            </Empty>
          ) : (
            <Table
              label="Changes"
              columns={COLUMNS}
              rows={items.filter((change) => matches(`${change.kind} ${change.service ?? ""} ${change.version ?? ""} ${change.actor} ${change.summary}`, typed))}
              rowKey={(change) => change.id}
              nothing={`No change matches “${typed}”.`}
            />
          )
        }
      </Answered>
      <AddChange opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}

const COLUMNS: readonly Column<Change>[] = [
  { key: "at", words: "When", order: (one, other) => other.at.localeCompare(one.at), cell: (change) => <span className="muted"><Moment at={change.at} /></span> },
  { key: "kind", words: "Kind", order: (one, other) => one.kind.localeCompare(other.kind), cell: (change) => <span className="tone-accent">{capital(change.kind)}</span> },
  {
    key: "service",
    words: "Service",
    order: (one, other) => (one.service ?? "").localeCompare(other.service ?? ""),
    cell: (change) =>
      change.service === null ? (
        <span className="quiet">all</span>
      ) : (
        <Link href={`/services/${encodeURIComponent(change.service)}`} data-row={change.id} className="name-link strong">
          {change.service}
        </Link>
      ),
  },
  { key: "version", words: "Version", cell: (change) => change.version ?? <span className="quiet">—</span> },
  { key: "summary", words: "What was done", wide: true, cell: (change) => <span title={change.summary}>{change.summary}</span> },
  { key: "actor", words: "By", order: (one, other) => one.actor.localeCompare(other.actor), cell: (change) => <span className="muted">{change.actor}</span> },
];
