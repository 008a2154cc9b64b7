import type { ObjectiveDetail } from "../../api/types";
import type { Cell } from "../../parts/Strip";
import { partPath } from "../../paths";
import { lookOfObjective, toneOfBurn, type Tone } from "../../states/states";
import { allowance, count, countOf, percent, timesFaster, wholePercent } from "../../words/counts";
import { durationWords, seenWords, windowWords } from "../../words/durations";
import { until, when } from "../../words/moments";

/** The six numbers that decide about one objective. */
export function cellsOf(objective: ObjectiveDetail): Cell[] {
  const look = lookOfObjective(objective);
  const attention: Tone = look.tone === "ok" ? "plain" : look.tone;
  return [
    {
      label: "State",
      value: look.word,
      sign: look.sign,
      tone: look.tone,
      note: stateWords(objective),
      title: objective.reason,
      href: partPath("tiers"),
    },
    now(objective),
    {
      label: "Budget left",
      value: wholePercent(objective.budget.remaining_ratio),
      tone: attention,
      note: budgetWords(objective),
      href: partPath("budget"),
    },
    {
      label: "Attained",
      value: objective.attained === null ? "no data" : percent(objective.attained),
      note: `target ${percent(objective.target)}`,
      href: partPath("events"),
    },
    exhaustion(objective),
    {
      label: "Coverage",
      value: percent(objective.coverage, 1),
      tone: objective.coverage < objective.coverage_floor ? "none" : "plain",
      note: `${windowWords(objective.window)}, ${count(objective.total)} ${objective.events}`,
      title: `Share of the time since ${objective.covered_since ? when(objective.covered_since) : "the first slice"} with data; below ${percent(objective.coverage_floor, 0)} alerts are suspended`,
      href: partPath("events"),
    },
  ];
}

/** Since when, and the incident that is open for it; without one, why it is in this state. */
function stateWords({ state_since: at, incident_id: incident, reason }: ObjectiveDetail): string {
  const why = incident === null ? reason : `incident ${incident}`;
  return at === null ? why : `since ${when(at)} · ${why}`;
}

/** The last five minutes in counts, and how fast they use up the budget. */
function now({ burn, burn_state: state, events }: ObjectiveDetail): Cell {
  const recent = burn.find(({ window }) => window === "5m");
  const cell = { label: "Now, last 5 min", href: partPath("burn") };
  if (!recent || recent.total === 0) return { ...cell, value: "—", note: `no ${events}` };
  const value = `${count(recent.total - recent.good)} of ${count(recent.total)}`;
  const note = `bad ${events} · burn ${timesFaster(recent.rate)}`;
  return { ...cell, value, note, tone: toneOfBurn(recent.rate, state) };
}

function budgetWords({ budget, events, total }: ObjectiveDetail): string {
  if (total === 0) return `no ${events} counted yet`;
  if (budget.remaining >= 0)
    return `${allowance(budget.remaining)} of ${allowance(budget.allowed)} bad ${events} left`;
  return `${countOf(budget.spent, `bad ${events}`)}, ${allowance(budget.allowed)} allowed`;
}

function exhaustion(objective: ObjectiveDetail): Cell {
  const label = "Exhausted in, at this rate";
  const { exhausted_in_seconds: seconds, exhausted_at: at, state, state_since: since, budget } = objective;
  if (state === "exhausted")
    return {
      label,
      value: "exhausted",
      note: since === null ? "" : `since ${when(since)}`,
      href: partPath("budget"),
    };
  if (state === "no_data") return { label, value: "—", note: "no data", href: partPath("burn") };
  if (budget.state === "too_early")
    return { label, value: "too early", note: `${seenWords(objective)} seen`, href: partPath("budget") };
  if (seconds === null)
    return { label, value: "never", note: "burn rate at or below 1×", href: partPath("burn") };
  return { label, value: durationWords(seconds), note: at === null ? "" : until(at), href: partPath("burn") };
}
