import { RANGES, rangeWords, useRange } from "../range/range";
import { Picker } from "./Picker";

const USUAL = "usual";

/** The time range in the URL; `usual` names what the page shows when none is chosen. */
export function RangePicker({ usual }: { usual: string }) {
  const { chosen, choose } = useRange();
  const options = [
    { value: USUAL, words: usual },
    ...RANGES.map(({ from, words }) => ({ value: from, words: `Last ${words}` })),
  ];
  const shown = chosen === null ? usual : rangeWords(chosen).replace(/^last /, "last ");
  return (
    <Picker
      label="Time"
      value={chosen === null ? USUAL : chosen.from}
      shown={shown}
      options={options}
      onPick={(value) => choose(value === USUAL ? null : { from: value, to: "now" })}
    />
  );
}
