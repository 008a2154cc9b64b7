import type { StateLook } from "../states/states";
import { Sign } from "./Sign";

/** Sign, word and colour of a state; `more` continues the word ("no data since 09:12"). */
export function StateChip({ look, more }: { look: StateLook; more?: string | undefined }) {
  return (
    <span className={`chip chip-${look.tone}`}>
      <Sign sign={look.sign} />
      {look.word}
      {more ? ` ${more}` : ""}
    </span>
  );
}
