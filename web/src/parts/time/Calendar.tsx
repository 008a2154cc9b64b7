// A month of days: one is all of it, a second one makes the days between them too. Arrow keys move.

import { type KeyboardEvent, useRef, useState } from "react";
import { endsOf, type Ends } from "../../range/ranges";
import type { At, Reading } from "../../range/typed";
import {
  civilOf,
  type Day,
  dayAfter,
  daysIn,
  dayWords,
  MONTHS,
  startOfDay,
  weekdayOf,
} from "../../words/zones";

type Props = { reading: Reading; at: At; onPick: (words: string) => void };

const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const ROWS = 6;
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const numberOf = ({ year, month, day }: Day) => Date.UTC(year, month - 1, day);
const same = (one: Day, other: Day) => numberOf(one) === numberOf(other);

export function Calendar({ reading, at, onPick }: Props) {
  const today = civilOf(at.now, at.zone);
  const ends = "range" in reading ? endsOf(reading.range, at.now) : null;
  const last = ends === null ? today : civilOf(ends.end - 1, at.zone);
  const [turned, setTurned] = useState<Day | null>(null);
  const [first, setFirst] = useState<Day | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const shown = turned ?? last;
  const pick = (day: Day) => {
    const [from, to] = first !== null && numberOf(first) < numberOf(day) ? [first, day] : [day, day];
    setFirst(same(from, to) ? day : null);
    setTurned(day);
    onPick(same(from, to) ? typedDay(day) : `${typedDay(from)} – ${typedDay(to)}`);
  };
  const move = (event: KeyboardEvent) => {
    const days = STEPS[event.key];
    if (days === undefined) return;
    event.preventDefault();
    const next = dayAfter(focusedIn(grid.current) ?? shown, days);
    if (numberOf(next) > numberOf(today)) return;
    setTurned(next);
    requestAnimationFrame(() => grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  };
  return (
    <div className="calendar">
      <div className="calendar-head">
        <Turn words="Month before" sign="‹" onClick={() => setTurned(monthBeside(shown, -1, today))} />
        <b aria-live="polite">
          {MONTHS[shown.month - 1]} {shown.year}
        </b>
        <Turn words="Month after" sign="›" onClick={() => setTurned(monthBeside(shown, 1, today))} />
      </div>
      <div className="calendar-days" role="group" aria-label="Days" ref={grid}>
        {WEEK.map((name) => (
          <span key={name} aria-hidden="true">
            {name[0]}
          </span>
        ))}
        {daysAround(shown).map((day) => (
          <DayButton
            key={numberOf(day)}
            day={day}
            isOther={day.month !== shown.month}
            isToday={same(day, today)}
            isFuture={numberOf(day) > numberOf(today)}
            isIn={isWithin(day, ends, at.zone)}
            isFocusable={same(day, shown)}
            onPick={() => pick(day)}
            onKeyDown={move}
          />
        ))}
      </div>
    </div>
  );
}

type DayProps = Record<"isOther" | "isToday" | "isFuture" | "isIn" | "isFocusable", boolean> & {
  day: Day;
  onPick: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
};

function DayButton({ day, isOther, isToday, isFuture, isIn, isFocusable, ...acts }: DayProps) {
  return (
    <button
      type="button"
      className={isOther ? "calendar-other" : undefined}
      aria-label={dayWords(day)}
      aria-pressed={isIn}
      aria-current={isToday ? "date" : undefined}
      disabled={isFuture}
      tabIndex={isFocusable ? 0 : -1}
      data-day={numberOf(day)}
      onClick={acts.onPick}
      onKeyDown={acts.onKeyDown}
    >
      {day.day}
    </button>
  );
}

function Turn({ words, sign, onClick }: { words: string; sign: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={words} onClick={onClick}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** "Fri 27 Nov 2026": with its year, so that it is the day that was clicked. */
const typedDay = (day: Day) => `${dayWords(day)} ${day.year}`;

function focusedIn(grid: HTMLElement | null): Day | null {
  const focused = document.activeElement as HTMLElement | null;
  const number = grid?.contains(focused) ? focused?.dataset["day"] : undefined;
  if (number === undefined) return null;
  const at = new Date(Number(number));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** Six weeks from the Monday on or before the first of the month: the dialog is as high in every month. */
function daysAround({ year, month }: Day): Day[] {
  const first = { year, month, day: 1 };
  const back = (weekdayOf(first) + 6) % 7;
  return Array.from({ length: ROWS * 7 }, (_, place) => dayAfter(first, place - back));
}

/** The same day of the month before or after, no later than today. */
function monthBeside(day: Day, step: -1 | 1, today: Day): Day {
  const at = new Date(Date.UTC(day.year, day.month - 1 + step, 1));
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() + 1];
  const beside = { year, month, day: Math.min(day.day, daysIn(year, month)) };
  return numberOf(beside) > numberOf(today) ? { ...today } : beside;
}

function isWithin(day: Day, ends: Ends | null, zone: string): boolean {
  if (ends === null) return false;
  return startOfDay(day, zone) < ends.end && startOfDay(dayAfter(day, 1), zone) > ends.start;
}
