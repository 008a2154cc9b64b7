// The strip: the few numbers that decide, each with its unit, and a link to what it is made of.

import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Sign as Shape, Tone } from "../states/states";
import { meaningOf } from "../words/terms";
import { Changed } from "./Changed";
import { Sign } from "./Sign";

export type Cell = {
  label: string;
  value: string;
  note?: ReactNode;
  tone?: Tone;
  sign?: Shape;
  href?: string | undefined;
  /** Where the note leads, if not where the figure does. */
  noteHref?: string | undefined;
  title?: string | undefined;
};

const FIGURE = /^[<−\d]/;
/** A word that is wider than a tile on a phone, as "recommendation" beside a sign. */
const LONG = /[^\s-]{13}/;

const valueClass = ({ tone, value }: Cell): string =>
  [
    `strip-value tone-${tone ?? "plain"}`,
    FIGURE.test(value) && "figure",
    LONG.test(value) && "strip-value-long",
  ]
    .filter(Boolean)
    .join(" ");

export function Strip({ cells, notes = true }: { cells: readonly Cell[]; notes?: boolean }) {
  return (
    <section className="strip" aria-label="Key figures">
      {cells.map((cell) => {
        const body = (
          <>
            <div className="strip-label" title={meaningOf(cell.label)}>
              {cell.label}
            </div>
            <div className={valueClass(cell)} title={cell.title}>
              {cell.sign && <Sign sign={cell.sign} />}
              <Changed value={cell.value}>{cell.value}</Changed>
            </div>
          </>
        );
        const note = notes && (
          <div className="strip-note" title={typeof cell.note === "string" ? cell.note : undefined}>
            {cell.note}
          </div>
        );
        if (cell.noteHref === undefined)
          return (
            <CellFrame key={cell.label} href={cell.href}>
              {body}
              {note}
            </CellFrame>
          );
        return (
          <div key={cell.label} className="strip-two">
            <CellFrame href={cell.href}>{body}</CellFrame>
            <Link href={cell.noteHref}>{note}</Link>
          </div>
        );
      })}
    </section>
  );
}

function CellFrame({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (href === undefined) return <div>{children}</div>;
  return href.startsWith("#") ? <a href={href}>{children}</a> : <Link href={href}>{children}</Link>;
}
