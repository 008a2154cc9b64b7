import { memo } from "react";
import { Link } from "wouter";
import type { Objective } from "../../api/types";
import { BurnChip } from "../../parts/BurnChip";
import { Changed } from "../../parts/Changed";
import { Meter } from "../../parts/Meter";
import { Sparkline } from "../../parts/Sparkline";
import { StateChip } from "../../parts/StateChip";
import { objectivePath } from "../../paths";
import { lookOfObjective, toneOfBurn } from "../../states/states";
import { allowance, count, percent, shortCount, wholePercent } from "../../words/counts";
import { roughDuration, seenWords, windowWords } from "../../words/durations";
import { fullMoment, until, whenBriefly } from "../../words/moments";

type Place = { className: string; style: { transform: string }; "aria-rowindex": number };
type Props = { objective: Objective; place: Place; active: boolean };

const SHOWN_WINDOWS = ["5m", "1h", "6h"];

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
  return (
    <div
      role="row"
      {...place}
      className={`grid-row ${place.className} ${active ? "active" : ""}`}
      title={objective.reason}
    >
      <span role="cell" className="grid-name">
        <Link href={objectivePath(objective.name)} data-row={objective.name} className="row-link strong">
          {objective.display_name}
        </Link>
        <small>{objective.service}</small>
      </span>
      <Now objective={objective} />
      <State objective={objective} />
      <span role="cell" data-column="target" className="number">
        {percent(objective.target)}
      </span>
      <span role="cell" data-column="attained" className="number">
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

/** The last five minutes in counts, behind the shape of the day. */
function Now({ objective }: { objective: Objective }) {
  const recent = objective.burn.find((burn) => burn.window === "5m");
  const { tone } = lookOfObjective(objective);
  const burns = objective.burn_state !== "quiet";
  const bad = recent ? recent.total - recent.good : 0;
  const now = toneOfBurn(recent?.rate ?? null, objective.burn_state);
  const words = recent ? `${count(bad)} of ${count(recent.total)}` : "";
  return (
    <span role="cell" data-column="bad" className="grid-now">
      <Sparkline
        values={objective.sparkline}
        tone={burns ? tone : "plain"}
        label={`Bad ${objective.events} of 24 hours, now ${objective.sparkline.at(-1) ?? 0} in half an hour`}
      />
      <span
        className={`number ${now === "plain" ? "" : `strong tone-${now}`}`}
        title={`Bad of all ${objective.events} in 5 minutes`}
      >
        <Changed value={words}>{recent?.total === 0 ? `no ${objective.events}` : words}</Changed>
      </span>
    </span>
  );
}

function State({ objective }: { objective: Objective }) {
  const { state, state_since: since, burn_state: burn, quiet_since: quiet } = objective;
  const look = lookOfObjective(objective);
  const quietly = state === "exhausted" && burn === "quiet";
  return (
    <span role="cell" data-column="state" className="grid-state">
      <Changed value={look.word}>
        <StateChip
          look={look}
          more={state === "no_data" && since ? `since ${whenBriefly(since)}` : undefined}
        />
      </Changed>
      {quietly && <small>{quiet === null ? "quiet" : `quiet since ${whenBriefly(quiet)}`}</small>}
    </span>
  );
}

function Measured({ objective }: { objective: Objective }) {
  const { budget } = objective;
  const left = wholePercent(budget.remaining_ratio);
  return (
    <>
      <span role="cell" data-column="budget" className="grid-budget" title={budgetTitle(objective)}>
        <Meter ratio={budget.remaining_ratio ?? 0} tone={lookOfObjective(objective).tone} />
        <span className="number">
          <Changed value={left}>{left}</Changed>
        </span>
        <small>{budgetWords(objective)}</small>
      </span>
      <span role="cell" data-column="burn" className="grid-burn">
        {SHOWN_WINDOWS.map((window) => {
          const rate = objective.burn.find((burn) => burn.window === window)?.rate ?? null;
          const tone = toneOfBurn(rate, objective.burn_state);
          return <BurnChip key={window} rate={rate} tone={tone} window={windowWords(window)} />;
        })}
      </span>
    </>
  );
}

function budgetWords({ budget }: Objective): string {
  if (budget.remaining < 0) return `${shortCount(budget.spent)} bad, ${shortCount(budget.allowed)} allowed`;
  return `${allowance(budget.remaining)} of ${allowance(budget.allowed)}`;
}

function budgetTitle({ budget, events, window }: Objective): string {
  const left = `of ${allowance(budget.allowed)} bad ${events} allowed in ${windowWords(window)}`;
  if (budget.remaining < 0) return `${count(budget.spent)} counted ${left}`;
  return `${allowance(budget.remaining)} left ${left}`;
}

/** Why nothing is concluded: the last minutes decide, and the reason counts those; the window's coverage may be fine. */
function Held({ objective: { reason } }: { objective: Objective }) {
  return (
    <span role="cell" aria-colspan={2} className="grid-held" title={reason}>
      {reason}
    </span>
  );
}

function ExhaustedIn({ objective }: { objective: Objective }) {
  const words = exhaustedIn(objective);
  return (
    <span role="cell" data-column="exhausted" className="number" title={exhaustedTitle(objective, words)}>
      {words === TOO_EARLY ? <TooEarly objective={objective} /> : words}
    </span>
  );
}

/** The budget is below zero, and so little was seen that it may be chance. */
function TooEarly({ objective }: { objective: Objective }) {
  return (
    <>
      {TOO_EARLY}
      <small>{seenWords(objective)}</small>
    </>
  );
}

function exhaustedTitle({ exhausted_at: at, state, state_since: since, reason }: Objective, words: string) {
  if (at !== null) return until(at);
  if (state === "exhausted" && since !== null) return `Exhausted since ${fullMoment(since)}`;
  return words === TOO_EARLY ? reason : undefined;
}

const TOO_EARLY = "too early";

function exhaustedIn(objective: Objective): string {
  const { exhausted_in_seconds: seconds, state, state_since: since, budget } = objective;
  if (state === "exhausted") return since === null ? "exhausted" : `since ${whenBriefly(since)}`;
  if (state !== "no_data" && budget.state === "too_early") return TOO_EARLY;
  return seconds === null ? "" : roughDuration(seconds);
}
