// The foot of a picture: when it is of, in which zone, and until when its figures are complete.

import { clock, clockSeconds, nameOfZone } from "../words/moments";
import { shownZone } from "../words/shownZone";
import { civilOf, dayWords } from "../words/zones";

/** "Thu 26 Nov 08:52 – 09:52 CET · complete until 09:51:58 · holdfast.example". */
export function footOf(ends: readonly [number, number], until: number | null, host: string): string {
  const [first, last] = ends.map((epoch) => new Date(epoch * 1000)) as [Date, Date];
  const [from, to] = [first, last].map((at) => dayWords(civilOf(at.getTime(), shownZone())));
  const range = `${from} ${clock(first)} – ${from === to ? "" : `${to} `}${clock(last)} ${nameOfZone(last)}`;
  const complete = until === null ? [] : [`complete until ${clockSeconds(new Date(until * 1000))}`];
  return [range, ...complete, host].join(" · ");
}
