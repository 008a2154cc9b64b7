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
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first === -1) return "0 s";
  const [unit, size] = UNITS[first]!;
  const next = UNITS[first + 1];
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
