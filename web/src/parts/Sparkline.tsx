import { memo } from "react";
import type { Tone } from "../states/states";

const WIDTH = 84;
const HEIGHT = 20;
const COLOURS: Record<Tone, string> = {
  ok: "var(--faint)",
  plain: "var(--faint)",
  none: "var(--faint)",
  accent: "var(--accent)",
  warn: "var(--warn)",
  bad: "var(--bad)",
};

/** The shape of a day in 84 pixels. */
export const Sparkline = memo(function Sparkline({
  values,
  tone,
  label,
  least = 1,
}: {
  values: readonly number[];
  tone: Tone;
  label: string;
  /** The full height is at least so much: little noise on a low line stays low. */
  least?: number;
}) {
  if (values.length < 2) return null;
  const top = Math.max(least, ...values);
  const points = values
    .map(
      (value, index) =>
        `${((index / (values.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`,
    )
    .join(" ");
  return (
    <svg
      className="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} fill={COLOURS[tone]} opacity="0.13" />
      <polyline points={points} fill="none" stroke={COLOURS[tone]} strokeWidth="1.2" strokeLinejoin="round" />
    </svg>
  );
});
