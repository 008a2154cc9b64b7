// The one table of states: each has a sign, a word and a tone, in that order of trust.

import type { AlertTier, Contact, Incident, Message, Objective, ObjectiveState, Paged } from "../api/types";

export type Tone = "ok" | "warn" | "bad" | "none" | "plain" | "accent";
export type Sign = "circle" | "triangle" | "square" | "ring";
export type StateLook = { sign: Sign; word: string; tone: Tone };

export const OBJECTIVE_STATES: Record<ObjectiveState, StateLook> = {
  exhausted: { sign: "square", word: "exhausted", tone: "bad" },
  burning: { sign: "square", word: "burning", tone: "bad" },
  burning_slowly: { sign: "triangle", word: "burning · ticket", tone: "warn" },
  no_data: { sign: "ring", word: "no data", tone: "none" },
  ok: { sign: "circle", word: "ok", tone: "ok" },
};

type Standing = Pick<Objective, "state" | "burn_state" | "budget">;

/** A budget and its burn are two things: what is exhausted may burn on, or be quiet for days. */
export function lookOfObjective({ state, burn_state: burn, budget }: Standing): StateLook {
  if (state === "ok" && budget.state === "too_early")
    return { ...OBJECTIVE_STATES.ok, word: "ok, too early to tell" };
  return lookOfWorst(state, burn);
}

/** As `lookOfObjective`, where only the two states are known; null is an older server's. */
export function lookOfWorst(state: string, burn: string | null): StateLook {
  if (state !== "exhausted" || burn === null) return lookOf(OBJECTIVE_STATES, state);
  if (burn === "quiet") return { ...OBJECTIVE_STATES.exhausted, tone: "plain" };
  const look = lookOf(OBJECTIVE_STATES, burn);
  return { ...look, word: `${look.word}, exhausted` };
}

/** What an objective needs of its reader, most urgent first. */
export const TROUBLES = ["burning", "no_data", "exhausted", "ok"] as const;
export type Trouble = (typeof TROUBLES)[number];

export function troubleOf(state: string, burn: string | null): Trouble {
  if (burn !== null && burn !== "quiet") return "burning";
  return state === "no_data" || state === "exhausted" ? state : "ok";
}

/** The most urgent is first; of what burns, what pages comes before what is a ticket. */
export function urgencyOf(state: string, burn: string | null): number {
  return 10 * TROUBLES.indexOf(troubleOf(state, burn)) + (burn === "burning_slowly" ? 1 : 0);
}

/** Whether the objective is in a state a reader asks for: what is exhausted may burn, and a ticket burns too. */
export function isIn({ state, burn_state: burn }: Pick<Objective, "state" | "burn_state">, asked: string) {
  return state === asked || burn === asked || (asked === "burning" && burn !== "quiet");
}

export const INCIDENT_STATES: Record<Incident["state"], StateLook> = {
  open: { sign: "square", word: "open", tone: "bad" },
  acknowledged: { sign: "triangle", word: "acknowledged", tone: "warn" },
  resolved: { sign: "circle", word: "resolved", tone: "ok" },
};

/** What an objective of an incident does. */
export const INCIDENT_OBJECTIVE_STATES: Record<"burning" | "resolved", StateLook> = {
  burning: { sign: "square", word: "burning", tone: "bad" },
  resolved: { sign: "circle", word: "resolved", tone: "ok" },
};

/** What is unusual about a service now; the sentence beside it says the rest. */
export const SERVICE_TROUBLES: Record<string, StateLook> = {
  failing: { sign: "square", word: "failing", tone: "bad" },
  silent: { sign: "square", word: "silent", tone: "bad" },
  burning: { sign: "square", word: "burning", tone: "bad" },
  slow: { sign: "triangle", word: "slow", tone: "warn" },
  zone_silent: { sign: "triangle", word: "a zone is silent", tone: "warn" },
  idle: { sign: "circle", word: "idle", tone: "plain" },
  quieter: { sign: "circle", word: "quieter", tone: "plain" },
  busier: { sign: "circle", word: "busier", tone: "plain" },
  usual: { sign: "circle", word: "as usual", tone: "ok" },
};

/** What is unusual about a service; where an objective burns and only a ticket fires, that is a warning. */
export function lookOfTrouble(reason: string, burn: string | null): StateLook {
  if (reason === "burning" && burn === "burning_slowly") return OBJECTIVE_STATES.burning_slowly;
  return lookOf(SERVICE_TROUBLES, reason);
}

/** The order of urgency of what is unusual: as the server names it, worst first. */
export const urgencyOfTrouble = (reason: string) => {
  const at = Object.keys(SERVICE_TROUBLES).indexOf(reason);
  return at === -1 ? Infinity : at;
};

/** What an alert does, in the one vocabulary of alerts. */
export const ALERT_STATUSES: Record<AlertTier["status"], StateLook> = {
  firing: { sign: "square", word: "firing", tone: "bad" },
  covered: { sign: "square", word: "covered", tone: "bad" },
  suspended: { sign: "ring", word: "suspended", tone: "none" },
  resolved: { sign: "circle", word: "resolved", tone: "ok" },
  quiet: { sign: "circle", word: "quiet", tone: "plain" },
  inactive: { sign: "ring", word: "inactive", tone: "plain" },
};

/** What a page does: it asks for an answer until a person gives one, or nobody is left to ask. */
export const PAGE_STATES: Record<Paged["state"], StateLook> = {
  paging: { sign: "square", word: "not acknowledged", tone: "bad" },
  unanswered: { sign: "square", word: "nobody answered", tone: "bad" },
  snoozed: { sign: "ring", word: "snoozed", tone: "none" },
  acknowledged: { sign: "circle", word: "acknowledged", tone: "ok" },
  resolved: { sign: "circle", word: "resolved", tone: "plain" },
};

/** Accepted by the provider is not delivered, and neither is acknowledged: three words. */
export const MESSAGE_STATES: Record<Message["state"], StateLook> = {
  waiting: { sign: "ring", word: "waiting", tone: "none" },
  sending: { sign: "ring", word: "being sent", tone: "none" },
  accepted: { sign: "circle", word: "accepted by the provider", tone: "ok" },
  delivered: { sign: "circle", word: "delivered", tone: "ok" },
  failed: { sign: "square", word: "not delivered", tone: "bad" },
  cancelled: { sign: "ring", word: "not sent", tone: "plain" },
};

/** Whether a contact is used for pages. */
export const CONTACT_STATES: Record<Contact["state"], StateLook> = {
  verified: { sign: "circle", word: "verified", tone: "ok" },
  code_sent: { sign: "triangle", word: "code sent", tone: "warn" },
  unverified: { sign: "triangle", word: "not verified", tone: "warn" },
};

/** The look of a state; one this page does not know yet is shown by its name, and claims nothing. */
export function lookOf(table: Readonly<Record<string, StateLook>>, state: string): StateLook {
  return table[state] ?? { sign: "ring", word: state.replaceAll("_", " "), tone: "plain" };
}

export const STATE_NAMES = Object.keys(OBJECTIVE_STATES) as ObjectiveState[];

/** A burn is bad only where a page fires; above the pace that uses the budget up early it is a warning. */
export function toneOfBurn(rate: number | null, burn: Objective["burn_state"]): Tone {
  if (rate === null || burn === "quiet") return "plain";
  if (rate >= 5 && burn === "burning") return "bad";
  return rate > 1 ? "warn" : "plain";
}
