// Shifts in weeks: a line for each schedule, a bar for each shift; on a phone a list. Arrows move, Enter opens.

import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, useState } from "react";
import type { Duty, Override } from "../../api/types";
import { usePhone } from "../../app/phone";
import { Sign } from "../../parts/Sign";
import { isGap, isOpenEnded, isOverride, isWithin, type Part, partsOf, placeIn, type Week } from "./weeks";
import { shiftWords, timeWords } from "./shiftWords";
import { colourOf, letters, namesOf } from "./people";

export type Row = {
  schedule: string;
  name: string;
  duties: readonly Duty[];
  overrides: readonly Override[];
};
type Props = {
  weeks: readonly Week[];
  rows: readonly Row[];
  people: readonly string[];
  now: number;
  onPick: (row: Row, duty: Duty) => void;
};

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
const ROW_STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };
const LETTER_PIXELS = 7;
const CAPITAL_PIXELS = 10;
/** A narrower bar has no room beside its letters. */
const NARROW_PIXELS = 36;
const PADDING_PIXELS = 14;
/** The sign and the gap after it. */
const SIGN_PIXELS = 14;

export function Calendar(props: Props) {
  return usePhone() ? <ShiftList {...props} /> : <ShiftLines {...props} />;
}

/** One stop of Tab for all bars: the arrows move from one to the next. */
function ShiftLines({ weeks, rows, people, now, onPick }: Props) {
  const { ref, width } = useElementSize();
  const [current, setCurrent] = useState<string | null>(null);
  const keys = weeks.flatMap((week) => rows.flatMap((row) => keysOf(week, row, now)));
  const stop = current !== null && keys.includes(current) ? current : keys[0];
  return (
    // The bars are buttons; the arrows only move between them.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="shifts" onKeyDown={move}>
      {weeks.map((week, number) => (
        <section key={week.start} aria-label={`From ${week.days[0]?.words ?? ""}`}>
          <Days week={week} now={now} />
          {rows.map((row, at) => (
            <div key={row.schedule} className="shift-row" role="group" aria-label={row.name}>
              <span className="shift-name">{row.name}</span>
              <div className="shift-track" ref={number === 0 && at === 0 ? ref : undefined}>
                <Grid week={week} now={now} />
                {partsOf(week, row.duties).map((part) => {
                  const key = keyOf(week, row, part);
                  return (
                    <Bar
                      key={key}
                      part={part}
                      words={wordsOf(part.duty, row, now)}
                      people={people}
                      isMade={isOverride(part.duty, row.overrides)}
                      pixels={(width * part.width) / 100}
                      isStop={key === stop}
                      isOver={Date.parse(part.duty.end) <= now}
                      onFocus={() => setCurrent(key)}
                      onPick={() => onPick(row, part.duty)}
                    />
                  );
                })}
              </div>
            </div>
          ))}
        </section>
      ))}
    </div>
  );
}

const keyOf = (week: Week, row: Row, part: Part) => `${week.start} ${row.schedule} ${part.duty.start}`;
const keysOf = (week: Week, row: Row, now: number) =>
  partsOf(week, row.duties)
    .filter(({ duty }) => Date.parse(duty.end) > now)
    .map((part) => keyOf(week, row, part));

/** To the next bar of the line, or to the bar of the next line that is nearest. */
function move(event: KeyboardEvent<HTMLElement>) {
  const aside = STEPS[event.key] ?? 0;
  const down = ROW_STEPS[event.key] ?? 0;
  const bar = (event.target as HTMLElement).closest<HTMLElement>("button.shift");
  if (bar === null || aside + down === 0) return;
  event.preventDefault();
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>(".shift-track")].map((line) => [
    ...line.querySelectorAll<HTMLElement>("button.shift"),
  ]);
  const line = lines.findIndex((bars) => bars.includes(bar));
  const own = lines[line] ?? [];
  const next = aside === 0 ? nearest(lines[line + down] ?? [], bar) : own[own.indexOf(bar) + aside];
  next?.focus();
}

function nearest(bars: readonly HTMLElement[], to: HTMLElement): HTMLElement | undefined {
  const away = (one: HTMLElement) => Math.abs(one.offsetLeft - to.offsetLeft);
  return [...bars].sort((one, other) => away(one) - away(other))[0];
}

function Days({ week, now }: { week: Week; now: number }) {
  return (
    <div className="shift-row shift-days" aria-hidden="true">
      <span />
      <div className="shift-track">
        {week.days.map(({ at, words, isToday }) => (
          <span key={at} className={isToday ? "is-today" : ""} style={{ left: `${placeIn(week, at)}%` }}>
            {words.replace(/ \w+$/, "")}
          </span>
        ))}
        {isWithin(week, now) && (
          <b className="shift-now-word" style={{ left: `${Math.max(3, placeIn(week, now))}%` }}>
            now
          </b>
        )}
      </div>
    </div>
  );
}

function Grid({ week, now }: { week: Week; now: number }) {
  return (
    <>
      {week.days.map(({ at, isFree }) => (
        <i
          key={at}
          className={isFree ? "shift-day is-free" : "shift-day"}
          style={{ left: `${placeIn(week, at)}%` }}
        />
      ))}
      {isWithin(week, now) && <i className="shift-now" style={{ left: `${placeIn(week, now)}%` }} />}
    </>
  );
}

type BarProps = {
  part: Part;
  words: string;
  people: readonly string[];
  /** An override decided it. */
  isMade: boolean;
  pixels: number;
  isStop: boolean;
  /** It needs nobody any more: it is drawn, and cannot be chosen. */
  isOver: boolean;
  onFocus: () => void;
  onPick: () => void;
};

function Bar({ part, words, people, isMade, pixels, isStop, isOver, onFocus, onPick }: BarProps) {
  const { duty, left, width } = part;
  const named = `${classOf(duty, isMade)}${pixels < NARROW_PIXELS ? " is-narrow" : ""}`;
  const drawn = {
    "data-colour": isGap(duty) ? undefined : colourOf(duty.people[0] ?? "", people),
    style: { left: `${left}%`, width: `calc(${width}% - 2px)` },
    title: words,
  };
  const shown = (
    <>
      {isGap(duty) && pixels > SIGN_PIXELS + PADDING_PIXELS && <Sign sign="square" />}
      <span>{shownIn(duty, isMade, pixels)}</span>
    </>
  );
  if (isOver)
    return (
      <span className={`${named} is-over`} {...drawn}>
        {shown}
      </span>
    );
  return (
    <button
      type="button"
      className={named}
      {...drawn}
      aria-label={words}
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
      onClick={onPick}
    >
      {shown}
    </button>
  );
}

const classOf = (duty: Duty, isMade: boolean) =>
  `shift${isGap(duty) ? " is-gap" : ""}${isMade ? " is-override" : ""}`;

const wordsOf = (duty: Duty, { duties, overrides }: Row, now: number) =>
  shiftWords(duty, isOpenEnded(duty, duties), isOverride(duty, overrides), now);

/** The name where it has room, else its letters. */
function shownIn(duty: Duty, isMade: boolean, pixels: number): string {
  const name = namesOf(duty.people);
  const room = pixels - PADDING_PIXELS - (isGap(duty) ? SIGN_PIXELS : 0);
  const words = isMade ? `${name} override` : name;
  if (words.length * LETTER_PIXELS <= room) return words;
  if (name.length * LETTER_PIXELS <= room) return name;
  if (isGap(duty)) return "";
  const short = duty.people.map(letters).join(" ");
  return short.length * CAPITAL_PIXELS <= pixels ? short : "";
}

function ShiftList({ rows, people, weeks, now, onPick }: Props) {
  const end = weeks.at(-1)?.end ?? now;
  return rows.map((row) => (
    <section key={row.schedule} className="shift-list" aria-label={row.name}>
      <h3>{row.name}</h3>
      {row.duties
        .filter((duty) => Date.parse(duty.end) > now && Date.parse(duty.start) < end)
        .map((duty) => (
          <button
            key={duty.start}
            type="button"
            className={classOf(duty, isOverride(duty, row.overrides))}
            data-colour={isGap(duty) ? undefined : colourOf(duty.people[0] ?? "", people)}
            onClick={() => onPick(row, duty)}
          >
            {isGap(duty) && <Sign sign="square" />}
            <b>{namesOf(duty.people)}</b>
            {isOverride(duty, row.overrides) && <span>override</span>}
            <span className="shift-time">{timeWords(duty, isOpenEnded(duty, row.duties), now)}</span>
          </button>
        ))}
    </section>
  ));
}
