// The stream of news: one connection in place of polls. Where it cannot be had, reads are made every few seconds.

import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { dueInSight, dueOutOfSight, type Heard, NOTHING_HEARD } from "./live";
import { SESSION, STATUS } from "./queries";

const ADDRESS = "/api/v1/news";
const LOOK_MILLISECONDS = 1_000;
/** A stream that was refused is asked for again: a proxy may let it through by then. */
const AGAIN_MILLISECONDS = 60_000;

type Versions = { recorded: number; received: number };

/** Keeps everything on the page as new as the server has it. */
export function useNews() {
  const queries = useQueryClient();
  useEffect(() => {
    const reader = new Reader(queries);
    const timer = setInterval(() => reader.look(), LOOK_MILLISECONDS);
    const seen = () => reader.look();
    document.addEventListener("visibilitychange", seen);
    reader.look();
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
      reader.close();
    };
  }, [queries]);
}

class Reader {
  private readonly queries: QueryClient;
  private source: EventSource | null = null;
  private openedAt = Number.NEGATIVE_INFINITY;
  private versions: Versions | null = null;
  private heard: Heard = NOTHING_HEARD;

  constructor(queries: QueryClient) {
    this.queries = queries;
  }

  /** Reads again what is due; the stream is open while the page is in sight, as a browser opens six to a server. */
  look() {
    const now = Date.now();
    if (document.hidden) {
      this.close();
      this.read(dueOutOfSight(now));
      return;
    }
    if (this.source === null && now - this.openedAt >= AGAIN_MILLISECONDS) this.open(now);
    this.read(dueInSight(this.heard, now));
  }

  close() {
    this.source?.close();
    this.source = null;
    this.openedAt = Number.NEGATIVE_INFINITY;
    this.heard = { ...this.heard, status: 0 };
  }

  private read(predicate: (query: Query) => boolean) {
    void this.queries.refetchQueries({ type: "active", predicate }, { cancelRefetch: false });
  }

  private open(now: number) {
    this.source?.close();
    const source = new EventSource(ADDRESS);
    this.source = source;
    this.openedAt = now;
    source.addEventListener("news", (event) => this.take(dataOf(event) as Versions));
    source.addEventListener("status", (event) => {
      this.heard = { ...this.heard, status: Date.now() };
      this.queries.setQueryData(STATUS, dataOf(event));
    });
    source.addEventListener("end", (event) => {
      // With a reason it ends for good: who is signed in is asked again.
      if ("reason" in (dataOf(event) as Record<string, unknown>)) this.refused();
      else this.open(Date.now());
    });
    source.onerror = () => {
      this.heard = { ...this.heard, status: 0 };
      // The browser connects again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) this.refused();
    };
  }

  private refused() {
    this.source?.close();
    this.source = null;
    this.heard = { ...this.heard, status: 0 };
    void this.queries.invalidateQueries({ queryKey: SESSION });
  }

  private take(versions: Versions) {
    const now = Date.now();
    const known = this.versions;
    // What changed between the page's first reads and the first versions is not known.
    const { recorded, received } = known ?? { recorded: -1, received: -1 };
    const at = known === null ? this.openedAt : now;
    if (recorded !== versions.recorded) this.heard = { ...this.heard, recorded: at };
    if (received !== versions.received) this.heard = { ...this.heard, received: at };
    this.versions = versions;
  }
}

function dataOf(event: Event): unknown {
  return JSON.parse((event as MessageEvent<string>).data);
}
