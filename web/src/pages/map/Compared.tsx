// Now against usual, a row for each figure; what is far from usual stands out.

import type { CallsOfMap } from "../../api/types";
import { count, percent } from "../../words/counts";
import { durationWords, latencyWords } from "../../words/durations";
import { fullMoment } from "../../words/moments";

type Counted = CallsOfMap["now"];
type Row = { name: string; of: (one: Counted) => string; worse: (now: Counted, usual: Counted) => boolean };

/** Beside the noise of five minutes: half as long again, and a share of failures twice as high. */
const LONGER = 1.5;
const FAILED_APART = 0.01;

const part = (some: number, all: number) => (some === 0 ? "0" : `${count(some)} · ${percent(some / all, 2)}`);
const more = (now: number | null, usual: number | null) => (now ?? 0) - (usual ?? 0) >= FAILED_APART;
const longer = (now: number | null, usual: number | null) =>
  now !== null && usual !== null && now >= usual * LONGER;

const ROWS: readonly Row[] = [
  { name: "Calls", of: (one) => count(one.calls), worse: () => false },
  {
    name: "Failed",
    of: (one) => part(one.errors, one.calls),
    worse: (now, usual) => more(now.error_ratio, usual.error_ratio),
  },
  {
    name: "By the mesh",
    of: (one) => part(one.proxy_errors, one.calls),
    worse: (now, usual) => more(now.proxy_error_ratio, usual.proxy_error_ratio),
  },
  { name: "Retries", of: (one) => part(one.retries, one.calls), worse: () => false },
  {
    name: "p50",
    of: (one) => latencyWords(one.p50_seconds),
    worse: (now, usual) => longer(now.p50_seconds, usual.p50_seconds),
  },
  {
    name: "p99",
    of: (one) => latencyWords(one.p99_seconds),
    worse: (now, usual) => longer(now.p99_seconds, usual.p99_seconds),
  },
];

/** Over which time the calls were counted: "last 5 min". */
export function countedWords({ start, end }: CallsOfMap): string {
  return `last ${durationWords((Date.parse(end) - Date.parse(start)) / 1000)}`;
}

export function Compared({ calls }: { calls: CallsOfMap }) {
  const { now, usual, start, end } = calls;
  const earlier = usual && (Date.parse(start) - Date.parse(usual.start)) / 1000;
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
              <th scope="col" title={`${fullMoment(usual.start)} to ${fullMoment(usual.end)}`}>
                usual
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {ROWS.filter((row) => row.of(now) !== "0" || (usual && row.of(usual) !== "0")).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className={usual && row.worse(now, usual) ? "tone-bad strong" : undefined}>
                {row.of(now)}
              </td>
              {usual && <td>{row.of(usual)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="footnote">
        {earlier === null ? "No earlier calls to compare with." : `Usual: ${durationWords(earlier)} earlier.`}
      </p>
    </>
  );
}
