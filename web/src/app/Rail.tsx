// The rail: only rooms that exist. It also carries the keys, the theme and the server's own state.

import { useMantineColorScheme } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { useGaps } from "../api/oncall";
import { useOpenIncidents, useSession } from "../api/queries";
import type { Status } from "../api/types";
import { useSignOut } from "../api/writes";
import { alertsPath, incidentsPath, objectivesPath, oncallPath } from "../paths";
import { bytes, perSecond } from "../words/counts";
import { roughDuration } from "../words/durations";
import { showPalette } from "./palette/shown";
import { ROOMS } from "./rooms";
import { NEXT_SCHEME } from "./schemes";
import { useViews } from "./views";

type Props = { status: Status | undefined; onKeys: () => void };

export function Rail({ status, onKeys }: Props) {
  return (
    <nav className="rail" aria-label="Main">
      <Link href={objectivesPath()} className="rail-name">
        Holdfast
      </Link>
      <PaletteButton />
      <Rooms status={status} />
      <Pins />
      <RailFoot status={status} onKeys={onKeys} />
    </nav>
  );
}

function PaletteButton() {
  return (
    <button
      type="button"
      className="button palette-button"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => showPalette(true)}
    >
      Go to <kbd>Ctrl K</kbd>
    </button>
  );
}

/** The views that are pinned. */
function Pins() {
  const { views, save } = useViews();
  const pins = views.filter(({ isPinned }) => isPinned);
  if (pins.length === 0) return null;
  return (
    <section className="rail-group" aria-label="Pinned">
      <h2>Pinned</h2>
      {pins.map((view) => (
        <div key={view.name} className="rail-pin">
          <Link href={view.address} className="rail-link">
            {view.name}
          </Link>
          <button
            type="button"
            aria-label={`Unpin ${view.name}`}
            title="Unpin; it stays among the views of Ctrl K"
            onClick={() => void save({ ...view, isPinned: false })}
          >
            ×
          </button>
        </div>
      ))}
    </section>
  );
}

/** Whether a room is the one shown, or one of its things is. */
export function isShown(path: string, href: string): boolean {
  return path === href || path.startsWith(`${href}/`);
}

/** All rooms in their groups; `onGo` is called when one is chosen. */
export function Rooms({ status, onGo }: { status: Status | undefined; onGo?: () => void }) {
  const [path] = useLocation();
  return ROOMS.map(({ group, rooms }) => (
    <section key={group} className="rail-group" aria-label={group}>
      <h2>{group}</h2>
      {rooms.map((room) => (
        <Link
          key={room.href}
          href={room.href}
          className="rail-link"
          aria-current={isShown(path, room.href) ? "page" : undefined}
          onClick={() => onGo?.()}
        >
          {room.name}
          <RailCount of={room.href} status={status} />
        </Link>
      ))}
    </section>
  ));
}

/** How many incidents are open, alerts fire and schedules have a gap, beside the name of their room. */
export function RailCount({ of, status }: { of: string; status: Status | undefined }) {
  const open = useOpenIncidents();
  if (of === oncallPath()) return <GapCount />;
  const [number, word] =
    of === incidentsPath()
      ? [open, "open"]
      : of === alertsPath()
        ? [status?.firing_alerts ?? 0, "firing"]
        : [0, ""];
  return <Count number={number} word={word} />;
}

/** The schedules that have nobody on call at some time of the next day. */
function GapCount() {
  const gaps = useGaps(1).data?.items ?? [];
  const number = new Set(gaps.map(({ schedule }) => schedule)).size;
  return <Count number={number} word={number === 1 ? "schedule with a gap" : "schedules with gaps"} />;
}

function Count({ number, word }: { number: number; word: string }) {
  if (number === 0) return null;
  return (
    <span className="rail-count">
      {number}
      <span className="hidden-words"> {word}</span>
    </span>
  );
}

export function RailFoot({ status, onKeys }: Props) {
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
      <p title={lag}>intake {perSecond(intake.spans_per_second).replace("/s", "")} spans/s</p>
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
