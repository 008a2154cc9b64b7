import { Link } from "wouter";
import type { Paged } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { StateChip } from "../../parts/StateChip";
import { type Column, Table } from "../../parts/Table";
import { pagePath } from "../../paths";
import { PAGE_STATES } from "../../states/states";
import { durationWords } from "../../words/durations";
import { acknowledgedAfter, isUnanswered, policyWords } from "../../words/paging";

/** The newest pages: where each stands, who acknowledged it, after how long. */
export function NewestPages({ pages }: { pages: readonly Paged[] }) {
  return (
    <Table
      label="Pages"
      columns={COLUMNS}
      rows={pages}
      rowKey={({ id }) => id}
      nothing="No page yet. One begins with each incident."
    />
  );
}

function Took({ page }: { page: Paged }) {
  const took = acknowledgedAfter(page);
  return took === null ? "–" : durationWords(took);
}

function Holder({ page }: { page: Paged }) {
  if (page.acknowledged_by !== null) return page.acknowledged_by;
  return isUnanswered(page) ? (
    <span className="tone-bad">nobody yet</span>
  ) : (
    <span className="muted">nobody</span>
  );
}

const COLUMNS: readonly Column<Paged>[] = [
  { key: "id", words: "Page", cell: (page) => <span className="muted">{page.id}</span> },
  { key: "state", words: "State", cell: (page) => <StateChip look={PAGE_STATES[page.state]} /> },
  {
    key: "title",
    words: "What for",
    wide: true,
    cell: (page) => (
      <Link href={pagePath(page.id)} data-row={page.id} className="name-link strong">
        {page.title}
        <span className="cause"> · {page.reference.replace("/", " ")}</span>
      </Link>
    ),
  },
  { key: "policy", words: "Policy", extra: true, cell: (page) => policyWords(page.policy) },
  { key: "opened", words: "Began", number: true, cell: (page) => <Moment at={page.opened_at} /> },
  { key: "who", words: "Acknowledged by", cell: (page) => <Holder page={page} /> },
  { key: "took", words: "After", number: true, cell: (page) => <Took page={page} /> },
];
