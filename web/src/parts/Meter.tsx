import type { Tone } from "../states/states";

/** A bar of how much of a named whole; the number stands beside it, so the bar itself is silent. */
export function Meter({ ratio, tone, width }: { ratio: number; tone: Tone; width?: number }) {
  const filled = Math.min(1, Math.max(0, ratio));
  return (
    <span className={`meter meter-${tone}`} style={{ width: width ?? "100%" }} aria-hidden="true">
      <i style={{ width: `${filled * 100}%` }} />
    </span>
  );
}
