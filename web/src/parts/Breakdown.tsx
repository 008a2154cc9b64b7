// What bad events have in common that good ones have not: each share beside that of the good ones, the most telling first.

import { Link } from "wouter";
import type { Breakdown as Found, Dimension } from "../api/types";
import { tracesPath } from "../paths";
import { type Range, rangeWords } from "../range/range";
import { attributeName } from "../words/attributes";
import { count, share } from "../words/counts";
import { Meter } from "./Meter";
import { Quiet } from "./Notice";

const SHOWN = 4;

type Props = { found: Found; objective: string; events: string; range: Range };

export function Breakdown({ found, objective, events, range }: Props) {
  if (found.items.length === 0) return <Quiet height={152}>No bad {events} stored in this range.</Quiet>;
  return (
    <>
      <div className="breakdown">
        {found.items.slice(0, SHOWN).map((one) => (
          <section key={one.by} aria-label={`By ${one.by}`}>
            <h3>
              <span title={one.key}>
                {attributeName(one.by)}
                {one.key !== one.by && <span className="muted"> · {one.key}</span>}
                {one.also.length > 0 && (
                  <span className="muted"> · same for {one.also.map(attributeName).join(", ")}</span>
                )}
              </span>
              <span />
              <span className="number muted">bad</span>
              <span className="number muted">good</span>
            </h3>
            <ul>
              {one.parts.map((part) => {
                const out = part.stands_out;
                const label = part.value === null ? "other" : part.value || "not sent";
                return (
                  <li
                    key={label}
                    title={`${count(part.bad)} of ${count(found.sampled_bad)} sampled bad ${events}, ${count(part.good)} of ${count(found.sampled_good)} good ones`}
                  >
                    {part.value ? (
                      <Link href={tracesOf(objective, one, part.value, range)} className="name-link">
                        {label}
                      </Link>
                    ) : (
                      <span className="muted">{label}</span>
                    )}
                    <Meter ratio={part.bad_share} tone={out ? "bad" : "plain"} />
                    <span className={`number${out ? " tone-bad" : ""}`}>{share(part.bad_share)}</span>
                    <span className="number muted">
                      {part.good_share === null ? "—" : share(part.good_share)}
                    </span>
                  </li>
                );
              })}
            </ul>
          </section>
        ))}
      </div>
      <p className="footnote">
        Shares of {sampledOf(found)} {count(found.bad)} bad {events}, {rangeWords(range)}, beside{" "}
        {count(found.sampled_good)} good ones
        {found.sampled_bad < found.bad && ": those whose spans were read"}.
      </p>
    </>
  );
}

/** Counted are all; broken down are at most a thousand, and only those whose spans are still stored. */
function sampledOf({ sampled_bad: read, bad }: Found): string {
  return read < bad ? `${count(read)} of the` : "all";
}

const OWN_CONDITION: ReadonlySet<string> = new Set(["operation", "version", "zone"]);

function tracesOf(objective: string, { key }: Dimension, value: string, range: Range): string {
  const condition = OWN_CONDITION.has(key) ? { [key]: value } : { attribute: `${key}=${value}` };
  return tracesPath({ objective, ...condition, range });
}
