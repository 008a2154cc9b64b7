// Durations as a tired person reads them: at most two units, the larger first.

const UNITS: ReadonlyArray<readonly [string, number]> = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** "4 h 58 min", "34 min", "12 s": the two largest units of a duration in seconds. */
export function durationWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [first, next] = UNITS.slice(UNITS.findIndex(([, size]) => whole >= size));
  if (first === undefined || whole === 0) return "0 s";
  const [unit, size] = first;
  const count = Math.floor(whole / size);
  const rest = next ? Math.floor((whole - count * size) / next[1]) : 0;
  return rest > 0 && next ? `${count} ${unit} ${rest} ${next[0]}` : `${count} ${unit}`;
}

/** "5 h": one rounded unit, for a narrow column. */
export function roughDuration(seconds: number): string {
  const whole = Math.max(0, seconds);
  const [unit, size] = UNITS.find(([, each]) => whole >= each) ?? ["s", 1];
  return `${Math.round(whole / size)} ${unit}`;
}

/** "2,412 ms", "0.42 ms", "12.4 s": how long a request took. */
export function latencyWords(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "—";
  if (seconds >= 10) return `${seconds.toFixed(1)} s`;
  const milliseconds = seconds * 1000;
  if (milliseconds >= 10) return `${Math.round(milliseconds).toLocaleString("en")} ms`;
  return `${milliseconds.toFixed(milliseconds >= 1 ? 1 : 2)} ms`;
}

/** "28 days" for "28d", "6 h" for "6h": a window as written in the catalog. */
export function windowWords(window: string): string {
  const found = /^(\d+)([smhdw])$/.exec(window);
  if (!found) return window;
  const count = Number(found[1]);
  if (found[2] === "d") return count === 1 ? "1 d" : count >= 7 ? `${count} days` : `${count} d`;
  return `${count} ${{ s: "s", m: "min", h: "h", w: count === 1 ? "week" : "weeks" }[found[2] as "s"]}`;
}

const SMALLEST = ["ns", 1e-9] as const;
const SPANS: ReadonlyArray<readonly [string, number]> = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
  ["ms", 1e-3],
  ["µs", 1e-6],
  SMALLEST,
];

/** "90 s", "250 ms", "36 h": a measured span in one unit, with up to three digits. */
export function spanWords(seconds: number): string {
  if (seconds === 0) return "0 s";
  const size = Math.abs(seconds);
  // A minute and a half is read sooner as 90 s, a day and a half sooner as 36 h.
  const [unit, each] =
    SPANS.find(
      ([name, one]) => size >= one * (name === "d" || name === "h" || name === "min" ? 2 : 1) * 0.9995,
    ) ?? SMALLEST;
  return `${Number((seconds / each).toPrecision(3))
    .toLocaleString("en")
    .replace("-", "−")} ${unit}`;
}

const MICROSECOND = ["µs", 1e-6] as const;
const EXACT: ReadonlyArray<readonly [string, number]> = [["s", 1], ["ms", 1e-3], MICROSECOND];

/** "1.5 s", "300 ms", "50 µs": a limit or a level as it was meant, in no unit longer than a second. */
export function exactDuration(seconds: number): string {
  const [unit, each] = EXACT.find(([, one]) => seconds >= one * 0.9999) ?? MICROSECOND;
  return `${Number((seconds / each).toPrecision(3))} ${unit}`;
}

/** "3 h of 28 days": how much of an objective's window has been measured. */
export function seenWords({
  budget,
  window,
}: {
  budget: { measured_seconds: number };
  window: string;
}): string {
  return `${roughDuration(budget.measured_seconds)} of ${windowWords(window)}`;
}
