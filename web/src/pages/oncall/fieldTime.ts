// The text of a field for date and time, in a zone: to fill it, and to read what was typed. Pure.

import { civilOf, instantsOf } from "../../words/zones";

const FIELD = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/;

/** "2026-11-27T08:00". */
export function fieldText(at: number, zone: string): string {
  const { year, month, day, hour, minute } = civilOf(at, zone);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** The instant a field names; of an hour that comes twice the first, null where clocks skip it or nothing is typed. */
export function fieldInstant(text: string, zone: string): number | null {
  const [year, month, day, hour, minute] = FIELD.exec(text)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const civil = { year, month, day, hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 };
  return instantsOf(civil, zone)[0] ?? null;
}
