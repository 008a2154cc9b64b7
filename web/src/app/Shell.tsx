// The rail: only rooms that exist. It also carries the keys, the title and the server's own state.

import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useNews } from "../api/news";
import { useSession, useStatus } from "../api/queries";
import type { Status } from "../api/types";
import { useSignOut } from "../api/writes";
import { alertsPath, incidentsPath, objectivesPath, partPath } from "../paths";
import { bytes, perSecond } from "../words/counts";
import { roughDuration } from "../words/durations";
import { KeysDialog } from "./KeysDialog";
import { useKeys } from "./keys";
import { showPalette, usePaletteShown } from "./palette/shown";
import { unpin, usePins } from "./pins";
import { ROOMS } from "./rooms";
import { NEXT_SCHEME } from "./schemes";

const Palette = lazy(() => import("./palette/Palette"));

export function Shell({ children }: { children: ReactNode }) {
  const [keysShown, setKeysShown] = useState(false);
  useNews();
  const status = useStatus();
  useNewsOfIncidents(status.data?.open_incidents);
  useKeys(() => setKeysShown(true));
  const paletteShown = usePaletteShown();
  usePaletteKey();
  return (
    <div className="shell">
      <a className="skip" href={partPath("content")}>
        Skip to content
      </a>
      <Rail status={status.data} onKeys={() => setKeysShown(true)} />
      {children}
      <KeysDialog opened={keysShown} onClose={() => setKeysShown(false)} />
      {paletteShown && (
        <Suspense fallback={null}>
          <Palette showKeys={() => setKeysShown(true)} />
        </Suspense>
      )}
    </div>
  );
}

/** Ctrl K, or Cmd K: from a field too, but not over another dialog. */
function usePaletteKey() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isHeld = (event.ctrlKey || event.metaKey) && !event.altKey;
      if (!(event.key === "k" && isHeld)) return;
      event.preventDefault();
      if (!document.querySelector('[role="dialog"]')) showPalette(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** When the number of open incidents changes, every query of incidents and states is refetched at once. */
function useNewsOfIncidents(open: number | undefined) {
  const queries = useQueryClient();
  const known = useRef(open);
  useEffect(() => {
    if (known.current !== undefined && known.current !== open) {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "status" });
    }
    known.current = open;
  }, [open, queries]);
}

function Rail({ status, onKeys }: { status: Status | undefined; onKeys: () => void }) {
  const [path] = useLocation();
  return (
    <nav className="rail" aria-label="Main">
      <Link href={objectivesPath()} className="rail-name">
        Holdfast
      </Link>
      <button
        type="button"
        className="button palette-button"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => showPalette(true)}
      >
        Go to <kbd>Ctrl K</kbd>
      </button>
      {ROOMS.map(({ group, rooms }) => (
        <section key={group} className="rail-group" aria-label={group}>
          <h2>{group}</h2>
          {rooms.map((room) => (
            <Link
              key={room.href}
              href={room.href}
              className="rail-link"
              aria-current={path === room.href || path.startsWith(`${room.href}/`) ? "page" : undefined}
            >
              {room.name}
              {room.href === incidentsPath() && <RailCount of={status?.open_incidents ?? 0} word="open" />}
              {room.href === alertsPath() && <RailCount of={status?.firing_alerts ?? 0} word="firing" />}
            </Link>
          ))}
        </section>
      ))}
      <Pins />
      <RailFoot status={status} onKeys={onKeys} />
    </nav>
  );
}

/** The views this browser keeps. */
function Pins() {
  const pins = usePins();
  if (pins.length === 0) return null;
  return (
    <section className="rail-group" aria-label="Pinned">
      <h2>Pinned</h2>
      {pins.map(({ name, address }) => (
        <div key={name} className="rail-pin">
          <Link href={address} className="rail-link">
            {name}
          </Link>
          <button type="button" aria-label={`Unpin ${name}`} onClick={() => unpin(name)}>
            ×
          </button>
        </div>
      ))}
    </section>
  );
}

function RailCount({ of, word }: { of: number; word: string }) {
  if (of === 0) return null;
  return (
    <span className="rail-count">
      {of}
      <span className="hidden-words"> {word}</span>
    </span>
  );
}

function RailFoot({ status, onKeys }: { status: Status | undefined; onKeys: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className="rail-foot">
      {status && <ServerWords status={status} />}
      <Who />
      <div className="row">
        <button type="button" onClick={() => setColorScheme(NEXT_SCHEME[colorScheme])}>
          Theme: {colorScheme}
        </button>
        <button type="button" onClick={onKeys}>
          Keys <kbd>?</kbd>
        </button>
      </div>
    </div>
  );
}

function ServerWords({ status }: { status: Status }) {
  const { intake, zones } = status;
  const lag = intake.lag_seconds === null ? "no lag" : `lag ${lagWords(intake.lag_seconds)}`;
  return (
    <>
      <p>
        {status.platform} · {zones.length} {zones.length === 1 ? "zone" : "zones"}
      </p>
      <p>
        intake {perSecond(intake.spans_per_second).replace("/s", "")} spans/s · {lag}
      </p>
      {intake.state !== "ok" && (
        <p className="tone-bad" role="status">
          intake {intake.state}: {intake.detail} Spool {bytes(intake.spool_bytes)} of{" "}
          {bytes(intake.spool_limit_bytes)}.
        </p>
      )}
    </>
  );
}

function lagWords(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)}\u00a0s` : roughDuration(seconds).replace(" ", "\u00a0");
}

function Who() {
  const session = useSession();
  const signOut = useSignOut();
  if (!session.data?.token_required) return null;
  return (
    <div className="row">
      <span>
        {session.data.name}, {session.data.role}
      </span>
      <button type="button" onClick={() => signOut.mutate()}>
        Sign out
      </button>
    </div>
  );
}
