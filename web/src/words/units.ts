// Values in the units senders name them in: UCUM, as OpenTelemetry writes it ("s", "By", "{call}/s").

import { bytes } from "./counts";
import { spanWords } from "./durations";

export type Ucum = { ucum: string };

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3_600,
  d: 86_400,
};
const BYTES: Readonly<Record<string, number>> = {
  By: 1,
  kBy: 1e3,
  MBy: 1e6,
  GBy: 1e9,
  KiBy: 2 ** 10,
  MiBy: 2 ** 20,
  GiBy: 2 ** 30,
};
const COMPACT = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });

/** Apart from "/s", which a rate adds: "By/s" is "By" and true. */
function split(ucum: string): [string, boolean] {
  return ucum.endsWith("/s") ? [ucum.slice(0, -2), true] : [ucum, false];
}

/** "250 ms", "1.5 GB/s", "12.4/s", "37": a value with what of its unit is worth repeating; `bare` leaves out "/s". */
export function inUcum(value: number, ucum: string, bare = false): string {
  const [unit, perSecond] = split(ucum);
  const each = perSecond && !bare ? "/s" : "";
  const seconds = SECONDS[unit];
  // Seconds counted per second are a share of the time: nothing to say of them but the number.
  if (seconds !== undefined && !perSecond) return spanWords(value * seconds);
  const size = BYTES[unit];
  if (size !== undefined) return `${value < 0 ? "−" : ""}${bytes(Math.abs(value * size))}${each}`;
  const figure = value === 0 ? "0" : COMPACT.format(value).replace("-", "−");
  if (unit === "%") return `${figure}%${each}`;
  const plain = unit === "" || unit === "1" || unit.startsWith("{");
  return plain ? `${figure}${each}` : `${figure} ${unit}${each}`;
}

/** What the unit is called: "seconds", "bytes per second", "calls per second"; empty for plain numbers. */
export function unitWords(ucum: string): string {
  const [unit, perSecond] = split(ucum);
  const annotated = /^\{(.+)\}$/.exec(unit)?.[1];
  const name =
    SECONDS[unit] !== undefined
      ? "time"
      : BYTES[unit] !== undefined
        ? "bytes"
        : annotated !== undefined
          ? plural(annotated)
          : unit === "1"
            ? ""
            : unit;
  return [name, perSecond ? "per second" : ""].filter(Boolean).join(" ");
}

const UNIT_NAMES: Readonly<Record<string, string>> = {
  "": "",
  "1": "",
  "%": "percent",
  By: "bytes",
  Cel: "degrees Celsius",
  d: "days",
  h: "hours",
  min: "minutes",
  ms: "milliseconds",
  ns: "nanoseconds",
  s: "seconds",
  us: "microseconds",
};

/** "seconds", "bytes per second", "cents": the unit that a metric is sent in, by its name; empty for plain numbers. */
export function unitName(ucum: string): string {
  const [unit, perSecond] = split(ucum);
  const annotated = /^\{(.+)\}$/.exec(unit)?.[1];
  const name = annotated === undefined ? (UNIT_NAMES[unit] ?? unit) : plural(annotated);
  return [name, perSecond ? "per second" : ""].filter(Boolean).join(" ");
}

function plural(noun: string): string {
  return noun.endsWith("s") ? noun : `${noun}s`;
}
