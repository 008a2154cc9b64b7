// Counts and ratios. A ratio is never rounded up to a promise it does not keep: 99.9996% is not 100%.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** "1,095,021". */
export function count(value: number): string {
  return WHOLE.format(value).replace("-", "−");
}

const FEW = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** "0.37", "1.4", "16", "1,095": bad events a budget allows; while they are few, a part of one matters. */
export function allowance(value: number): string {
  return Math.abs(value) < 10 ? FEW.format(value).replace("-", "−") : count(value);
}

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** "0.37", "1,095", "18.8k", "1.52M": a count where there is room for five characters. */
export function shortCount(value: number): string {
  return value < 10_000 ? allowance(value) : SHORT.format(value).replace("K", "k");
}

/** "1 order", "412 orders": the catalog's noun is a plural. */
export function countOf(value: number, noun: string): string {
  return `${count(value)} ${value === 1 && noun.endsWith("s") ? noun.slice(0, -1) : noun}`;
}

/** "orders" to "Orders", to begin a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "99.842%": a ratio with up to `digits` digits, rounded down, without trailing zeros. */
export function percent(ratio: number | null | undefined, digits = 3): string {
  if (ratio === null || ratio === undefined) return "—";
  const scale = 10 ** digits;
  const floored = Math.floor(ratio * 100 * scale + 1e-7) / scale;
  return `${floored.toLocaleString("en", { maximumFractionDigits: digits }).replace("-", "−")}%`;
}

/** "11%", "−58%", "<1%", "−30,465%": a percentage however far over, so that a column has one unit; what is left of a budget, to the nearest whole; never 100% of one already touched. */
export function wholePercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return "—";
  if (ratio > 0 && ratio < 0.01) return "<1%";
  const rounded = Math.round(ratio * 100);
  return `${count(rounded === 100 && ratio < 1 ? 99 : rounded)}%`;
}

/** "64%", "<1%": a part of a named whole. */
export function share(ratio: number): string {
  if (ratio > 0 && ratio < 0.01) return "<1%";
  return `${Math.round(ratio * 100)}%`;
}

/** "14.9×": how many times faster than the budget allows. */
export function timesFaster(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return "—";
  const digits = rate >= 100 || (rate >= 10 && Number.isInteger(rate)) ? 0 : 1;
  return `${Number(rate.toFixed(digits)).toLocaleString("en")}×`;
}

const LONGER_UNITS = [
  ["min", 60],
  ["h", 3600],
  ["d", 86_400],
] as const;

/** "1,240/s", "0.25/s"; rare events per minute, hour or day: "5.9/min". */
export function perSecond(rate: number): string {
  if (rate > 0 && rate < 0.01) {
    const [unit, seconds] = LONGER_UNITS.find(([, each]) => rate * each >= 0.1) ?? LONGER_UNITS[2];
    return `${(rate * seconds).toLocaleString("en", { maximumSignificantDigits: 2 })}/${unit}`;
  }
  const digits = rate >= 100 ? 0 : rate >= 10 ? 1 : 2;
  return `${rate.toLocaleString("en", { maximumFractionDigits: digits })}/s`;
}

/** "120 kB": bytes in decimal units. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value >= 1 ? Math.min(units.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  return `${(value / 1000 ** power).toLocaleString("en", { maximumFractionDigits: 1 })} ${units[power]}`;
}

/** "4f1c…9a02": an identifier by its two ends. */
export function shortened(identifier: string): string {
  return identifier.length <= 10 ? identifier : `${identifier.slice(0, 4)}…${identifier.slice(-4)}`;
}
