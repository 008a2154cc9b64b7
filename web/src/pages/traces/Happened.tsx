// What happened, how often: each line narrows the list to it.

import { useState } from "react";
import { useTraceTally } from "../../api/traces";
import type { Scatter, TraceTally } from "../../api/types";
import { LineBones } from "../../parts/Bones";
import { Answered, Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Sign } from "../../parts/Sign";
import { capital, count } from "../../words/counts";
import { type Outcome, totalOf } from "./groups";
import type { View } from "./search";

const SHOWN = 6;
const SIGNS = { failed: "square", slow: "triangle", usual: "circle" } as const;
const TONES = { failed: "tone-bad", slow: "tone-warn", usual: "tone-ok" } as const;

type Line = { outcome: Outcome; happened: string | null; operation: string; words: string; traces: number };
type Props = { view: View; scatter: Scatter | undefined; rest: string };

export function Happened({ view, scatter, rest }: Props) {
  const tallies = useTraceTally(view.asked);
  return (
    <Panel name="What happened" aside={<span className="muted">traces</span>}>
      <Answered query={tallies} small bones={<LineBones lines={4} />}>
        {({ items }) => (
          <Lines lines={linesOf(items, scatter, rest)} notes={notesOf(items, scatter)} view={view} />
        )}
      </Answered>
    </Panel>
  );
}

function Lines({ lines, notes, view }: { lines: readonly Line[]; notes: readonly string[]; view: View }) {
  const [all, setAll] = useState(false);
  if (lines.length === 0) return <Quiet>No trace failed or was slow.</Quiet>;
  const shown = all ? lines : lines.slice(0, SHOWN);
  return (
    <>
      <ul className="happened">
        {shown.map((line) => (
          <Choice key={`${line.outcome} ${line.happened}`} line={line} view={view} />
        ))}
      </ul>
      {lines.length > SHOWN && (
        <button type="button" className="as-link link" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${count(lines.length - SHOWN)} more`}
        </button>
      )}
      {notes.map((note) => (
        <p key={note} className="muted footnote">
          {note}
        </p>
      ))}
    </>
  );
}

/** Pressed, the list holds only this; pressed again, everything. */
function Choice({ line, view }: { line: Line; view: View }) {
  const { outcome, happened, operation, words, traces } = line;
  const chosen = view.chosen.get("outcome") === outcome && (view.chosen.get("happened") ?? null) === happened;
  const choose = () => view.choose(chosen ? { outcome: null, happened: null } : { outcome, happened });
  return (
    <li>
      <button type="button" aria-pressed={chosen} onClick={choose}>
        <span className={TONES[outcome]}>
          <Sign sign={SIGNS[outcome]} />
        </span>
        <span>
          <span className="strong">{operation}</span>
          <small>{words}</small>
        </span>
        <span className={`number ${outcome === "usual" ? "muted" : TONES[outcome]}`}>{count(traces)}</span>
      </button>
    </li>
  );
}

/** Failed and slow ones by what happened, then the others as one. */
export function linesOf(
  items: readonly TraceTally[],
  scatter: Scatter | undefined,
  rest = "as usual",
): Line[] {
  const lines: Line[] = items.flatMap(({ outcome, kinds }) => kinds.map((kind) => ({ outcome, ...kind })));
  const usual = totalOf("usual", scatter);
  if (usual === null || usual === 0) return lines;
  return [...lines, { outcome: "usual", happened: null, operation: rest, words: "", traces: usual }];
}

/** Where not all were read: of how many the counts are. */
export function notesOf(items: readonly TraceTally[], scatter: Scatter | undefined): string[] {
  return items
    .filter((one) => !one.is_all)
    .map(({ outcome, looked_at }) => {
      const total = totalOf(outcome, scatter);
      const whole = total === null ? "" : ` of ${count(total)}`;
      return `${capital(outcome)}: counted in the newest ${count(looked_at)}${whole}.`;
    });
}
