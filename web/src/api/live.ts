// When a read is made again. Each says what makes it old: what was recorded, or telemetry that came in. Pure.

import type { Query } from "@tanstack/react-query";

type Makes = "recorded" | "received";
/** On a query that is read again by itself: what makes it old, and at least how long it is kept. */
export type Live = { of: Makes; every: number };

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: { live?: Live };
  }
}

const LIVE_MILLISECONDS = 5_000;
/** With telemetry coming in all the time, a page in sight is read again this often. */
const BUSY_MILLISECONDS = 10_000;
/** Windows roll on where nothing comes in; an answer is never older than this. */
const OLDEST_MILLISECONDS = 300_000;
/** A status later than this means that the stream is cut off somewhere on its way. */
const SILENT_MILLISECONDS = 20_000;
/** Longer lists cost more and are read again less often. */
const BULK_ITEMS = 500;
const BULK_MILLISECONDS = 30_000;
/** Of a page nobody sees, only the count of incidents in its title is read. */
const HIDDEN_MILLISECONDS = 30_000;

/** Read again when something was recorded: incidents, alerts, changes, the catalog. */
export const ofRecord = { meta: { live: { of: "recorded", every: LIVE_MILLISECONDS } } } as const;
/** Read again when telemetry came in, at most this often. */
export const ofTelemetry = (every = LIVE_MILLISECONDS) => ({
  meta: { live: { of: "received", every } } as const,
});

/** What the stream has reported: when each kind of news came last, and when the last status. */
export type Heard = { recorded: number; received: number; status: number };
export const NOTHING_HEARD: Heard = { recorded: 0, received: 0, status: 0 };

export const isHeard = (heard: Heard, now: number) => now - heard.status < SILENT_MILLISECONDS;

type Age = { live: Live; readAt: number; failed: boolean };

/** Whether to read again: soon after news, ever more seldom without; every few seconds where no stream is had. */
export function isDue({ live, readAt, failed }: Age, heard: Heard, now: number): boolean {
  const age = now - readAt;
  if (failed || !isHeard(heard, now)) return age >= live.every;
  const newsAt = live.of === "recorded" ? heard.recorded : Math.max(heard.recorded, heard.received);
  if (readAt < newsAt) {
    return heard.recorded > readAt || age >= Math.max(live.every, BUSY_MILLISECONDS);
  }
  return age >= Math.min(OLDEST_MILLISECONDS, Math.max(live.every, BUSY_MILLISECONDS, readAt - newsAt));
}

/** The reads that are due of a page that is in sight. */
export function dueInSight(heard: Heard, now: number) {
  return ({ queryKey, meta, state }: Query): boolean => {
    if (!meta?.live || (queryKey[0] === "status" && isHeard(heard, now))) return false;
    const readAt = Math.max(state.dataUpdatedAt, state.errorUpdatedAt);
    const { of, every } = meta.live;
    const live = { of, every: isBulk(state.data) ? Math.max(every, BULK_MILLISECONDS) : every };
    return isDue({ live, readAt, failed: state.status === "error" }, heard, now);
  };
}

function isBulk(data: unknown): boolean {
  const items = typeof data === "object" && data !== null && "items" in data ? data.items : null;
  return Array.isArray(items) && items.length > BULK_ITEMS;
}

/** The reads that are due of a page in a tab nobody looks at. */
export function dueOutOfSight(now: number) {
  return ({ queryKey, state }: Query): boolean =>
    queryKey[0] === "status" &&
    now - Math.max(state.dataUpdatedAt, state.errorUpdatedAt) >= HIDDEN_MILLISECONDS;
}
