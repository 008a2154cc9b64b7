// What a chart is made of, and the room its axes take.

/** Colours that only tell lines apart and judge nothing. */
export const SERIES = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"] as const;
/** What is beyond the lines drawn, as one. */
export const REST = "s8";
export type Series = (typeof SERIES)[number] | typeof REST;
export type Colour = "accent" | "bad" | "warn" | "ok" | "faint" | "none" | Series;
export type Line = {
  label: string;
  values: readonly (number | null)[];
  colour: Colour;
  filled?: boolean;
  tagged?: boolean;
  /** Drawn lighter than its colour, to stand apart from one of the same. */
  pale?: boolean;
  /** What it was like at another time, in the same steps: a thin line, complete however late the others are. */
  earlier?: boolean;
  /** The bucket of each value of which nothing more is known; null where a value is exact. */
  buckets?: readonly (Bucket | null)[];
  /** What stands at the line's end; its label where nothing else is said. */
  tag?: string;
  dashed?: boolean;
};
/** The values above `above` and up to `up_to`; null is no bound. */
export type Bucket = { above: number | null; up_to: number | null };
/** What lies between two values per step; nothing where either is null. */
export type Area = {
  colour: Colour | "quiet";
  low: readonly (number | null)[];
  high: readonly (number | null)[];
  /** What the tip calls it; one without a name is said with its line. */
  label?: string;
  /** Each step has its own height, and nothing leads from one to the next. */
  stepped?: boolean;
};
/** One value at an instant (in seconds since 1970), and where it leads. */
export type Spot = { at: number; value: number; href: string; label: string };
/** `heavy` is a line that means something by itself, as zero does. */
export type Threshold = { at: number; label: string; heavy?: boolean };
/** An interval of the value axis with a name: from one threshold to the next. */
export type Band = { from: number; to: number; label: string; tone: "bad" | "warn" | "ok" };
export const AXIS = { left: 46, bottom: 21, top: 8 } as const;

const FITS_CHARACTERS = 6;
const CHARACTER_PIXELS = 7;

/** The pixels left of a plot: more where a label of its axis is long, as "−10,000%" is. */
export function leftOf(labels: Iterable<string> = []): number {
  const longest = Math.max(FITS_CHARACTERS, ...[...labels].map((label) => label.length));
  return AXIS.left + (longest - FITS_CHARACTERS) * CHARACTER_PIXELS;
}
