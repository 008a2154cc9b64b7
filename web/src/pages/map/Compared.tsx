// Now against usual, a row for each figure; what the server finds unusual stands out.

import type { CallsOfMap } from "../../api/types";
import { count, percent } from "../../words/counts";
import { durationWords, latencyWords } from "../../words/durations";
import { fullMoment } from "../../words/moments";
import { failedOf } from "./judgement";

type Usual = NonNullable<CallsOfMap["usual"]>;
type Row = {
  name: string;
  now: string;
  /** Figures of which nothing is known to be usual have none. */
  usual?: (of: Usual) => string;
  /** The reason for which this figure stands out. */
  reason?: string;
};

const part = (some: number, all: number) => (some === 0 ? "0" : `${count(some)} · ${percent(some / all, 2)}`);

function rowsOf({ now }: CallsOfMap): Row[] {
  const rows: Row[] = [
    { name: "Calls", now: count(now.calls), usual: (of) => count(of.calls), reason: "silent" },
    {
      name: "Failed",
      now: part(failedOf(now), now.calls),
      usual: (of) => percent(of.error_ratio, 2),
      reason: "failing",
    },
    { name: "By the mesh", now: part(now.proxy_errors, now.calls) },
    { name: "Retries", now: part(now.retries, now.calls) },
    { name: "p50", now: latencyWords(now.p50_seconds) },
    {
      name: "p99",
      now: latencyWords(now.p99_seconds),
      usual: (of) => latencyWords(of.p99_seconds),
      reason: "slow",
    },
  ];
  return rows.filter((row) => row.usual !== undefined || row.now !== "0");
}

/** Over which time the calls were counted: "last 5 min". */
export function countedWords({ start, end }: CallsOfMap): string {
  return `last ${durationWords((Date.parse(end) - Date.parse(start)) / 1000)}`;
}

export function Compared({ calls }: { calls: CallsOfMap }) {
  const { usual, start, end, reason } = calls;
  return (
    <>
      <table className="map-compared">
        <thead>
          <tr>
            <td />
            <th scope="col" title={`${fullMoment(start)} to ${fullMoment(end)}`}>
              {countedWords(calls)}
            </th>
            {usual && (
              <th scope="col" title={`Usual at this hour: the median of ${usual.of}`}>
                usual
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rowsOf(calls).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className={row.reason === reason ? "tone-bad strong" : undefined}>{row.now}</td>
              {usual && <td>{row.usual?.(usual)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="footnote">{usual ? `Usual at this hour: ${usual.of}.` : "No usual yet."}</p>
    </>
  );
}
