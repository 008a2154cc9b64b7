import { Link } from "wouter";
import { usePaged, usePages } from "../../api/paging";
import { pagePath } from "../../paths";
import { isUnanswered, pagedWords } from "../../words/paging";

/** Who was paged for an incident, whether anybody acknowledged, and what comes next; a line for each page. */
export function PagedFor({ incident }: { incident: number }) {
  const pages = usePages(`incident/${incident}`).data?.items ?? [];
  return pages.map(({ id }) => <PagedLine key={id} id={id} />);
}

function PagedLine({ id }: { id: number }) {
  const page = usePaged(id).data;
  if (page === undefined) return null;
  return (
    <p className={`paged${isUnanswered(page) ? " is-open" : ""}`}>
      <span>
        <b>Paged:</b> {pagedWords(page)}.
      </span>
      <Link href={pagePath(id)}>Page {id}</Link>
    </p>
  );
}
