import { useRange } from "../range/range";

const LONGER = { from: "now-24h", to: "now" };

/** Where a short range shows nothing: one click looks at a day. */
export function LongerRange() {
  const { chosen, choose } = useRange();
  if (chosen?.from === LONGER.from) return null;
  return (
    <button type="button" className="button" onClick={() => choose(LONGER)}>
      Look at the last 24 h
    </button>
  );
}
