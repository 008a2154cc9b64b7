// Lines as they come in. They wait beside the list while somebody reads further down.

import { useCallback, useEffect, useState } from "react";
import { type LogAsk, type LogLine, tailAddress, useWithin } from "../../api/logs";

const KEPT_MOST = 2_000;

export type TailState = "off" | "connecting" | "live" | "interrupted";
type Tail = { address: string | null; state: TailState; lines: readonly LogLine[]; gap: boolean };

/** At the start of following an address, or of following none. */
const begun = (address: string | null): Tail => ({
  address,
  state: address === null ? "off" : "connecting",
  lines: [],
  gap: false,
});

/** Follows while `on`; `lines` are newest first, `take` empties them into the reader's list. */
export function useTail(asked: LogAsk, on: boolean) {
  const { ask } = useWithin(asked);
  const address = on ? tailAddress(ask) : null;
  const [tail, setTail] = useState(() => begun(address));
  if (tail.address !== address) setTail(begun(address));
  useEffect(() => {
    if (address === null) return;
    const source = new EventSource(address);
    source.onopen = () => setTail((before) => ({ ...before, state: "live" }));
    // The browser tries again by itself, from the last line it was told.
    source.onerror = () => setTail((before) => ({ ...before, state: "interrupted" }));
    source.addEventListener("line", (event) => {
      const line = JSON.parse((event as MessageEvent<string>).data) as LogLine;
      setTail((before) => ({ ...before, lines: together([line], before.lines) }));
    });
    source.addEventListener("gap", () => setTail((before) => ({ ...before, gap: true })));
    return () => source.close();
  }, [address]);
  const take = useCallback(() => setTail((before) => ({ ...before, lines: [], gap: false })), []);
  return { ...tail, take };
}

/** Newer lines before older ones, each once, in order of time. */
export function together(newer: readonly LogLine[], older: readonly LogLine[]): LogLine[] {
  const known = new Set<string>();
  return [...newer, ...older]
    .filter((line) => !known.has(line.id) && known.add(line.id))
    .sort((one, other) => (one.id === other.id ? 0 : compared(other.time_unix_nano, one.time_unix_nano)))
    .slice(0, KEPT_MOST);
}

/** Whole numbers too long for JavaScript, by length and then digit by digit. */
function compared(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
