// The weeks of a calendar, and where in them shifts lie. Pure.

import type { Duty, Override } from "../../api/types";
import { civilOf, dayAfter, dayWords, startOfDay, weekdayOf } from "../../words/zones";

const WEEK_DAYS = 7;

export type Day = { at: number; words: string; isFree: boolean; isToday: boolean };
/** A week from midnight to midnight, as instants in milliseconds. */
export type Week = { start: number; end: number; days: readonly Day[] };
/** The part of a shift that lies in a week; where it begins and how long it is, of a hundred. */
export type Part = { duty: Duty; left: number; width: number };

/** Weeks from the beginning of today on: what is over needs nobody any more. */
export function weeksFrom(now: number, weeks: number, zone: string): Week[] {
  const today = civilOf(now, zone);
  const days = Array.from({ length: weeks * WEEK_DAYS + 1 }, (_, each) => {
    const day = dayAfter(today, each);
    const isFree = weekdayOf(day) % 6 === 0;
    return { at: startOfDay(day, zone), words: dayWords(day), isFree, isToday: each === 0 };
  });
  return Array.from({ length: weeks }, (_, week) => {
    const own = days.slice(week * WEEK_DAYS, (week + 1) * WEEK_DAYS);
    return { start: own[0]?.at ?? now, end: days[(week + 1) * WEEK_DAYS]?.at ?? now, days: own };
  });
}

/** Where an instant lies in a week, of a hundred. */
export function placeIn({ start, end }: Week, at: number): number {
  return (100 * (at - start)) / (end - start);
}

export const isWithin = ({ start, end }: Week, at: number) => start <= at && at < end;

/** The shifts of a week, cut at its ends. */
export function partsOf(week: Week, duties: readonly Duty[]): Part[] {
  return duties.flatMap((duty) => {
    const from = Math.max(week.start, Date.parse(duty.start));
    const to = Math.min(week.end, Date.parse(duty.end));
    if (to <= from) return [];
    return [{ duty, left: placeIn(week, from), width: placeIn(week, to) - placeIn(week, from) }];
  });
}

export const isGap = ({ people }: Duty) => people.length === 0;

/** The calendar ends within it: when it is over is not known here. */
export const isOpenEnded = (duty: Duty, duties: readonly Duty[]) => duties.at(-1)?.end === duty.end;

/** An override decides all of it: alone, or in place of one of those whom the rotation names. */
export function isOverride(duty: Duty, overrides: readonly Override[]): boolean {
  if (isGap(duty)) return false;
  const [start, end] = [Date.parse(duty.start), Date.parse(duty.end)];
  const covers = (one: Override) => Date.parse(one.start) <= start && end <= Date.parse(one.end);
  return duty.layer === null || overrides.some((one) => covers(one) && duty.people.includes(one.person));
}
