// One page: the bar above (where am I, what can I do), the content, and at its foot since when and why it is stale.

import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useEffect } from "react";
import { Link } from "wouter";
import { problemWords } from "../api/problems";
import { useStatus } from "../api/queries";
import { clockSeconds } from "../words/moments";

type Read = Pick<UseQueryResult, "error" | "data" | "dataUpdatedAt">;
type Props = {
  title: string;
  parent?: { href: string; name: string };
  beside?: string | undefined;
  tools?: ReactNode;
  reads?: readonly Read[];
  scroller?: RefObject<HTMLDivElement | null>;
  children: ReactNode;
};

export function Page({ title, parent, beside, tools, reads = [], scroller, children }: Props) {
  useTitle(title);
  return (
    <main className="room" id="content" tabIndex={-1}>
      <header className="bar">
        <div className="bar-where">
          {parent && (
            <>
              <Link href={parent.href} className="name-link">
                {parent.name}
              </Link>
              {" / "}
            </>
          )}
          <h1>{title}</h1>
          {beside && ` · ${beside}`}
        </div>
        <div className="bar-tools">{tools}</div>
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
  const late = reads.filter((read) => read.error && read.data !== undefined).sort((a, b) => a.dataUpdatedAt - b.dataUpdatedAt)[0];
  return (
    <div role="status" aria-live="polite">
      {late && (
        <p className="stale">
          <b>Not fresh since {clockSeconds(new Date(late.dataUpdatedAt))}.</b>
          <span>
            {problemWords(late.error).title}: {problemWords(late.error).detail} Trying again every few seconds.
          </span>
        </p>
      )}
    </div>
  );
}
