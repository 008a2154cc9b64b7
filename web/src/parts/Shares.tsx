// Where bad events came from: the server's shares, put together under one label each.

import { Link } from "wouter";
import type { Contributor } from "../api/types";
import { countOf, share } from "../words/counts";
import { Meter } from "./Meter";
import { Quiet } from "./Notice";

const SHOWN = 4;
/** From this share on a part stands out; below it, it is grey. */
const STANDS_OUT = 0.25;

/** `sender` has a page of its own: null for several together. */
type Row = { label: string; sender: Contributor | null; bad: number; share: number };
type Props = {
  items: readonly Contributor[];
  by: (item: Contributor) => string;
  events: string;
  href: (sender: Contributor) => string;
  /** Said below where not every bad event was followed to its beginning. */
  footnote?: string | undefined;
};

export function Shares({ items, by, events, href, footnote }: Props) {
  if (items.length === 0) return <Quiet height={152}>No bad {events} in this range.</Quiet>;
  return (
    <>
      <ul>
        {together(items, by).map((row) => (
          <li key={row.label} className="share-row" title={`${row.label}: ${countOf(row.bad, events)}`}>
            {row.sender === null ? (
              <span className="muted">{row.label}</span>
            ) : (
              <Link href={href(row.sender)} className="name-link">
                {row.label}
              </Link>
            )}
            <Meter ratio={row.share} tone={row.share >= STANDS_OUT ? "bad" : "plain"} />
            <span className="number">{share(row.share)}</span>
          </li>
        ))}
      </ul>
      {footnote && <p className="footnote">{footnote}</p>}
    </>
  );
}

function together(items: readonly Contributor[], by: (item: Contributor) => string): Row[] {
  const rows = new Map<string, Row>();
  for (const item of items) {
    const label = by(item);
    const row = rows.get(label) ?? {
      label,
      sender: item,
      bad: 0,
      share: 0,
    };
    rows.set(label, { ...row, bad: row.bad + item.bad, share: row.share + item.share });
  }
  const sorted = [...rows.values()].sort((one, other) => other.share - one.share);
  if (sorted.length <= SHOWN) return sorted;
  const others = sorted.slice(SHOWN - 1);
  const sum = (pick: (row: Row) => number) => others.reduce((total, row) => total + pick(row), 0);
  return [
    ...sorted.slice(0, SHOWN - 1),
    { label: "other", sender: null, bad: sum((row) => row.bad), share: sum((row) => row.share) },
  ];
}

/** "payline · POST /v1/charges"; "mesh before catalog · GET /products · 503, fault injected": a proxy’s answer needs its reason. */
export const byOperation = (item: Contributor) =>
  [placeOf(item), item.operation, ...(item.is_before ? [item.answer] : [])].join(" · ");

/** Where calls failed: at a party, or in the mesh before it, which it never saw. */
const placeOf = ({ service, is_before: isBefore }: Contributor) =>
  isBefore ? `mesh before ${service}` : service;

/** What a service says of neither is said in words: its bare name would look like a mistake. */
export const byVersionAndZone = (item: Contributor) =>
  item.is_before
    ? placeOf(item)
    : item.version || item.zone
      ? [`${item.service} ${item.version ?? ""}`.trim(), item.zone].filter(Boolean).join(" · ")
      : `${item.service} · ${item.sends_spans ? "version and zone not sent" : "sends no spans"}`;
