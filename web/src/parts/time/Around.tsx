// Ranges around what happened lately: incidents first, open ones in front, then releases and other changes.

import { useChanges, useIncidents } from "../../api/queries";
import type { Change, Incident } from "../../api/types";
import { type Range, rangeWords } from "../../range/range";
import { endsOf, LONGEST_MILLISECONDS } from "../../range/ranges";
import { Sign } from "../Sign";

type Happening = { key: string; words: string; range: Range; isIncident: boolean; isOpen: boolean };

const INCIDENTS = 2;
const SHOWN = 4;
const LATELY = { from: "now-7d", to: "now" };

export function Around({ now, onChoose }: { now: number; onChoose: (range: Range) => void }) {
  const incidents = useIncidents().data?.items ?? [];
  const changes = useChanges(LATELY).data?.items ?? [];
  const found = happenings(incidents, changes, now);
  if (found.length === 0) return null;
  return (
    <div className="time-around" role="group" aria-labelledby="time-around">
      <p id="time-around">Around something that happened</p>
      {found.map((one) => (
        <button key={one.key} type="button" className="time-length" onClick={() => onChoose(one.range)}>
          <span title={one.words}>
            <span className={one.isOpen ? "tone-bad" : "tone-none"}>
              <Sign sign={one.isIncident ? "square" : "ring"} />
            </span>{" "}
            {one.words}
          </span>
          <span>{rangeWords(one.range, now)}</span>
        </button>
      ))}
    </div>
  );
}

function happenings(incidents: readonly Incident[], changes: readonly Change[], now: number): Happening[] {
  const isChoosable = ({ range }: Happening) => {
    const ends = endsOf(range, now);
    return ends !== null && ends.end - ends.start <= LONGEST_MILLISECONDS;
  };
  const worst = [...incidents]
    .filter((incident) => incident.merged_into === null)
    .sort((one, other) => Number(other.resolved_at === null) - Number(one.resolved_at === null))
    .map(ofIncident)
    .filter(isChoosable)
    .slice(0, INCIDENTS);
  const newest = changes.map(ofChange).filter(isChoosable);
  return [...worst, ...newest].slice(0, SHOWN);
}

function ofIncident({ id, title, onset_at, opened_at, resolved_at }: Incident): Happening {
  const range = { from: onset_at ?? opened_at, to: resolved_at ?? "now" };
  const words = `Incident ${id} · ${title}`;
  return { key: `incident ${id}`, words, range, isIncident: true, isOpen: resolved_at === null };
}

function ofChange({ id, at, service, version, summary }: Change): Happening {
  const words = [service, version, summary].filter(Boolean).join(" · ");
  return {
    key: `change ${id}`,
    words,
    range: { from: at, to: "now" },
    isIncident: false,
    isOpen: false,
  };
}
