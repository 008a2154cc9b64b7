import { GAP_DAYS } from "../../api/oncall";
import type { Gap } from "../../api/types";
import { useNow } from "../../app/Freshness";
import { Sign } from "../../parts/Sign";
import { count } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { until } from "../../words/moments";
import type { Permission } from "../../states/permissions";
import { ActionButton } from "../../parts/ActionButton";

const SHOWN = 4;
const DAY_MILLISECONDS = 86_400_000;
/** An end this near to how far one looks ahead is the end of the look, not of the gap. */
const NEAR_MILLISECONDS = 3_600_000;

type Props = {
  gaps: readonly Gap[];
  nameOf: (schedule: string) => string;
  permission: Permission;
  onFill: (gap: Gap) => void;
};

/** The holes in sentences, each with the way to fill it. */
export function Gaps({ gaps, nameOf, permission, onFill }: Props) {
  const now = useNow();
  if (gaps.length === 0) return null;
  return (
    <div className="oncall-gaps">
      {gaps.slice(0, SHOWN).map((gap) => (
        <div key={`${gap.schedule} ${gap.start}`} className="oncall-gap">
          <Sign sign="square" />
          <p>
            <b>{sentenceOf(gap, nameOf(gap.schedule), now)}</b> A page in that time passes over this schedule
            to the next step of its policy.
          </p>
          <ActionButton words="Fill it…" permission={permission} primary onClick={() => onFill(gap)} />
        </div>
      ))}
      {gaps.length > SHOWN && <p className="tone-bad">{count(gaps.length - SHOWN)} more gaps come after.</p>}
    </div>
  );
}

/** "Supply has nobody on call from Friday 18:00 to Monday 10:00, 2 d 16 h." */
export function sentenceOf({ start, end }: Gap, name: string, now: number): string {
  const from = Date.parse(start) <= now ? "now" : `from ${until(start)}`;
  if (Date.parse(end) > now + GAP_DAYS * DAY_MILLISECONDS - NEAR_MILLISECONDS)
    return `${name} has nobody on call ${from}${from === "now" ? " and" : ""} for the rest of the next ${GAP_DAYS} days.`;
  const lasts = durationWords((Date.parse(end) - Date.parse(start)) / 1000);
  return `${name} has nobody on call ${from} ${from === "now" ? "until" : "to"} ${until(end)}, ${lasts}.`;
}
