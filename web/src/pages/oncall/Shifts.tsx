import { useDuties, useOverrides } from "../../api/oncall";
import type { Duty, Gap, OnCall } from "../../api/types";
import { useNow } from "../../app/Freshness";
import { oneOf, useSearchState } from "../../app/searchState";
import { problemWords } from "../../api/problems";
import { ChartBones } from "../../parts/Bones";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Segments } from "../../parts/Segments";
import type { Permission } from "../../states/permissions";
import { nameOfZone } from "../../words/moments";
import { shownZone } from "../../words/shownZone";
import { Calendar, type Row } from "./Calendar";
import { isOpenEnded, weeksFrom } from "./weeks";
import { Gaps } from "./Gaps";

const WEEKS = ["1", "4"] as const;
const PARAMS = { weeks: oneOf(WEEKS, "1") };
const WEEK_DAYS = 7;
const ROW_PIXELS = 34;

type Props = {
  items: readonly OnCall[];
  gaps: readonly Gap[];
  people: readonly string[];
  permission: Permission;
  onPick: (schedule: string, duty: Duty, isOpen: boolean) => void;
};

/** The shifts of one week or four, from today on, and the holes in sentences. */
export function Shifts({ items, gaps, people, permission, onPick }: Props) {
  const [{ weeks: chosen }, choose] = useSearchState(PARAMS);
  const now = useNow();
  const weeks = weeksFrom(now, Number(chosen), shownZone());
  const start = new Date(weeks[0]?.start ?? now).toISOString();
  const schedules = items.map(({ schedule }) => schedule);
  // An hour more: in the week in which clocks go back, a day has one.
  const found = useDuties(schedules, start, Number(chosen) * WEEK_DAYS + 1);
  const made = useOverrides(schedules);
  const failed = found.find(({ data, error }) => error && data === undefined);
  const rows: Row[] = items.map(({ schedule, display_name: name }, at) => ({
    schedule,
    name,
    duties: found[at]?.data?.items ?? [],
    overrides: made[at]?.data?.items ?? [],
  }));
  const nameOf = (schedule: string) => rows.find((row) => row.schedule === schedule)?.name ?? schedule;
  return (
    <Panel
      name={chosen === "1" ? "One week" : "Four weeks"}
      of={`from today, times in ${nameOfZone()}`}
      id="shifts"
      aside={
        <Segments
          label="Weeks shown"
          value={chosen}
          options={[
            { value: "1", words: "1 week" },
            { value: "4", words: "4 weeks" },
          ]}
          onPick={(value) => choose({ weeks: value })}
        />
      }
    >
      {failed ? (
        <Quiet>
          {problemWords(failed.error).title}. {problemWords(failed.error).detail}
        </Quiet>
      ) : found.some(({ data }) => data === undefined) ? (
        <ChartBones height={items.length * ROW_PIXELS} />
      ) : (
        <Calendar
          weeks={weeks}
          rows={rows}
          people={people}
          now={now}
          onPick={(row, duty) => onPick(row.schedule, duty, isOpenEnded(duty, row.duties))}
        />
      )}
      <Gaps
        gaps={gaps}
        nameOf={nameOf}
        permission={permission}
        onFill={(gap) => onPick(gap.schedule, { ...gap, people: [], layer: null }, false)}
      />
    </Panel>
  );
}
