// One page: the bar above (where am I, what can I do), below it until when the figures are complete, the content.

import { type ReactNode, useCallback, useEffect, useState } from "react";
import { Link } from "wouter";
import { useOpenIncidents } from "../api/queries";
import type { paths } from "../api/schema";
import { EnvironmentPicker } from "../parts/EnvironmentPicker";
import { Freshness, type Read } from "./Freshness";
import { usePlace } from "./place";

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
  /** What stays in sight below the content, on a phone. */
  foot?: ReactNode;
  /** Takes the element that scrolls. State, not a ref: what measures it is mounted before it and must be drawn again. */
  scroller?: (element: HTMLDivElement | null) => void;
  children: ReactNode;
};

export function Page(page: Props) {
  const { title, parent, before, beside, tools, lists, reads = [], foot, scroller, children } = page;
  useTitle(title);
  const [content, setContent] = useState<HTMLDivElement | null>(null);
  usePlace(content);
  const take = useCallback(
    (element: HTMLDivElement | null) => {
      setContent(element);
      scroller?.(element);
    },
    [scroller],
  );
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
      <Freshness reads={reads} />
      <div className="content" ref={take}>
        {children}
      </div>
      {foot}
    </main>
  );
}

function useTitle(title: string) {
  const open = useOpenIncidents();
  useEffect(() => {
    document.title = `${open > 0 ? `(${open}) ` : ""}${title} · Holdfast`;
  }, [title, open]);
}
