// The line under the bar: until when the figures are complete, and in amber how far they are behind and why.

import { problemWords } from "../api/problems";
import { useStatus } from "../api/queries";
import type { Status } from "../api/types";
import { Sign } from "../parts/Sign";
import { roughDuration } from "../words/durations";
import { clockSeconds, dayAndClock } from "../words/moments";

export type Read = { error: Error | null; data: unknown; dataUpdatedAt: number };

/** A view further behind than this is late, and the line says so in amber. */
export const LATE_SECONDS = 30;

export function Freshness({ reads }: { reads: readonly Read[] }) {
  const status = useStatus();
  const stale = [...reads, status]
    .filter((read) => read.error && read.data !== undefined)
    .sort((one, other) => one.dataUpdatedAt - other.dataUpdatedAt)[0];
  return (
    <div className={`freshness ${stale || isLate(status.data) ? "late" : ""}`} role="status">
      {stale ? <Stale read={stale} /> : status.data && <Complete status={status.data} />}
    </div>
  );
}

function Complete({ status }: { status: Status }) {
  const behind = behindSeconds(status);
  const { state, detail } = status.intake;
  return (
    <>
      {isLate(status) ? (
        <p className="tone-warn">
          <Sign sign="triangle" /> <b>You look at {clockSeconds(status.complete_until)}</b>,{" "}
          {roughDuration(behind)} behind now.{state !== "ok" && ` The intake is ${state}: ${detail}.`}
        </p>
      ) : (
        <p>
          <span className="tone-ok">
            <Sign sign="circle" /> Complete until {clockSeconds(status.complete_until)}
          </span>{" "}
          · {roughDuration(behind)} behind now
        </p>
      )}
      <time dateTime={status.now}>{dayAndClock(status.now)}</time>
    </>
  );
}

function Stale({ read }: { read: Read }) {
  const { title, detail } = problemWords(read.error);
  return (
    <p className="tone-warn" title={`${title}: ${detail}`}>
      <Sign sign="triangle" /> <b>Stale since {clockSeconds(new Date(read.dataUpdatedAt))}.</b>{" "}
      <span>
        {title}: {detail} Retrying every few seconds.
      </span>
    </p>
  );
}

function behindSeconds(status: Status): number {
  return Math.max(0, (Date.parse(status.now) - Date.parse(status.complete_until)) / 1000);
}

function isLate(status: Status | undefined): boolean {
  return status !== undefined && behindSeconds(status) > LATE_SECONDS;
}

/** The instant up to which charts are complete, in seconds since 1970; none before it is known. */
export function useCompleteUntil(): number | null {
  const until = useStatus().data?.complete_until;
  return until === undefined ? null : Date.parse(until) / 1000;
}

/** Now by the server's clock, in milliseconds; by this machine's until the server's is known. */
export function useNow(): number {
  const now = useStatus().data?.now;
  return now === undefined ? new Date().getTime() : Date.parse(now);
}
