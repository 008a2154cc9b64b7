// One page: the bar above (where am I, what can I do), the content, and at its foot since when and why it is stale.

import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { problemWords } from "../api/problems";
import { useStatus } from "../api/queries";
import type { paths } from "../api/schema";
import { EnvironmentPicker } from "../parts/EnvironmentPicker";
import { clockSeconds } from "../words/moments";

type Read = Pick<UseQueryResult, "error" | "data" | "dataUpdatedAt">;
type Props = {
  title: string;
  parent?: { href: string; name: string };
  /** What the title belongs to, in grey before it. */
  before?: string | undefined;
  beside?: string | undefined;
  tools?: ReactNode;
  /** The read that makes the page's list, for the environment switch; none on a page of one thing. */
  lists?: keyof paths;
  reads?: readonly Read[];
  /** Takes the element that scrolls. State, not a ref: what measures it is mounted before it and must be drawn again. */
  scroller?: (element: HTMLDivElement | null) => void;
  children: ReactNode;
};

export function Page({ title, parent, before, beside, tools, lists, reads = [], scroller, children }: Props) {
  useTitle(title);
  return (
    <main className="room" id="content" tabIndex={-1}>
      <header className="bar">
        <div className="bar-where" title={beside}>
          {parent && (
            <>
              <Link href={parent.href} className="name-link">
                {parent.name}
              </Link>
              {" / "}
            </>
          )}
          {before}
          <h1>{title}</h1>
          {beside && ` · ${beside}`}
        </div>
        <div className="bar-tools">
          {lists && <EnvironmentPicker of={lists} />}
          {tools}
        </div>
      </header>
      <div className="content" ref={scroller}>
        {children}
      </div>
      <Stale reads={reads} />
    </main>
  );
}

function useTitle(title: string) {
  const open = useStatus().data?.open_incidents ?? 0;
  useEffect(() => {
    document.title = `${open > 0 ? `(${open}) ` : ""}${title} · Holdfast`;
  }, [title, open]);
}

function Stale({ reads }: { reads: readonly Read[] }) {
  const late = reads
    .filter((read) => read.error && read.data !== undefined)
    .sort((a, b) => a.dataUpdatedAt - b.dataUpdatedAt)[0];
  return (
    <div role="status" aria-live="polite">
      {late && (
        <p className="stale">
          <b>Stale since {clockSeconds(new Date(late.dataUpdatedAt))}.</b>
          <span>
            {problemWords(late.error).title}: {problemWords(late.error).detail} Retrying every few seconds.
          </span>
        </p>
      )}
    </div>
  );
}
