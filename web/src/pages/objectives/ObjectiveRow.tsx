import { memo } from "react";
import { Link } from "wouter";
import type { Objective } from "../../api/types";
import { BurnChip } from "../../parts/BurnChip";
import { Changed } from "../../parts/Changed";
import { Meter } from "../../parts/Meter";
import { Sparkline } from "../../parts/Sparkline";
import { StateChip } from "../../parts/StateChip";
import { objectivePath } from "../../paths";
import { OBJECTIVE_STATES, toneOfBurn } from "../../states/states";
import { allowance, percent, wholePercent } from "../../words/counts";
import { roughDuration, windowWords } from "../../words/durations";
import { until, when } from "../../words/moments";

type Place = { className: string; style: { transform: string }; "aria-rowindex": number };
type Props = { objective: Objective; place: Place; active: boolean };

const SHOWN_WINDOWS = ["1h", "6h", "3d"];

/** One objective in one row. Its name is the link, stretched over the row. */
export const ObjectiveRow = memo(Row, (before, after) => {
  const same = before.objective === after.objective && before.active === after.active;
  return (
    same &&
    before.place.style.transform === after.place.style.transform &&
    before.place.className === after.place.className
  );
});

function Row({ objective, place, active }: Props) {
  const look = OBJECTIVE_STATES[objective.state];
  const since =
    objective.state === "no_data" && objective.state_since
      ? `since ${when(objective.state_since)}`
      : undefined;
  return (
    <div
      role="row"
      {...place}
      className={`grid-row ${place.className} ${active ? "active" : ""}`}
      title={objective.reason}
    >
      <span role="cell" className="grid-name strong">
        <Link href={objectivePath(objective.name)} data-row={objective.name} className="row-link">
          {objective.display_name}
        </Link>
      </span>
      <span role="cell">
        <Changed value={objective.state}>
          <StateChip look={look} more={since} />
        </Changed>
      </span>
      <span role="cell" className="number">
        {percent(objective.target)}
      </span>
      <span role="cell" className="number">
        {objective.attained === null ? (
          "no data"
        ) : (
          <Changed value={percent(objective.attained)}>{percent(objective.attained)}</Changed>
        )}
      </span>
      {objective.state === "no_data" ? <Held objective={objective} /> : <Measured objective={objective} />}
      <ExhaustedIn objective={objective} />
    </div>
  );
}

function Measured({ objective }: { objective: Objective }) {
  const { budget, state } = objective;
  const left = wholePercent(budget.remaining_ratio);
  const counts = `${allowance(budget.remaining)} of ${allowance(budget.allowed)} bad ${objective.events} left of ${windowWords(objective.window)}`;
  return (
    <>
      <span role="cell" className="grid-budget" title={counts}>
        <Meter ratio={budget.remaining_ratio ?? 0} tone={OBJECTIVE_STATES[state].tone} />
        <span className="number">
          <Changed value={left}>{left}</Changed>
        </span>
        <span className="counts">
          {allowance(budget.remaining)} of {allowance(budget.allowed)} {objective.events}
        </span>
      </span>
      <span role="cell" className="grid-burn">
        {SHOWN_WINDOWS.map((window) => {
          const rate = objective.burn.find((burn) => burn.window === window)?.rate ?? null;
          return (
            <BurnChip key={window} rate={rate} tone={toneOfBurn(rate, state)} window={windowWords(window)} />
          );
        })}
      </span>
      <span role="cell">
        <Sparkline
          values={objective.sparkline}
          tone={OBJECTIVE_STATES[state].tone}
          label={`Bad ${objective.events} of 24 hours, now ${objective.sparkline.at(-1) ?? 0} in half an hour`}
        />
      </span>
    </>
  );
}

function Held({ objective }: { objective: Objective }) {
  const seen = `coverage ${percent(objective.coverage, 0)}, floor ${percent(objective.coverage_floor, 0)}`;
  const words = objective.total === 0 ? objective.reason : seen;
  return (
    <span role="cell" aria-colspan={3} className="grid-held" title={objective.reason}>
      {words}
      {objective.held && " · alerts are suspended"}
    </span>
  );
}

function ExhaustedIn({ objective }: { objective: Objective }) {
  const { exhausted_at: at } = objective;
  const words = exhaustedIn(objective);
  return (
    <span
      role="cell"
      className="number"
      title={at === null ? (words === NOT_YET ? "Not enough data yet" : undefined) : until(at)}
    >
      {words}
    </span>
  );
}

/** As short as the column; its title says the whole. */
const NOT_YET = "not yet";

function exhaustedIn({ exhausted_in_seconds: seconds, state, budget }: Objective): string {
  if (state === "exhausted") return "—";
  if (state !== "no_data" && budget.state === "too_early") return NOT_YET;
  return seconds === null ? "" : roughDuration(seconds);
}
