import type { Tone } from "../states/states";
import { timesFaster } from "../words/counts";
import { Changed } from "./Changed";

/** How many times faster than allowed the budget burns in one window. */
export function BurnChip({ rate, tone, window }: { rate: number | null; tone: Tone; window: string }) {
  const words = timesFaster(rate);
  return (
    <span
      className={`burn burn-${tone}`}
      title={`Burn rate over ${window}: ${words} the rate that uses up exactly the budget`}
    >
      <Changed value={words}>{words}</Changed>
    </span>
  );
}
