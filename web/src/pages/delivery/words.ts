// The words of a page's delivery: why somebody was passed over, why by this policy, what became of a message. Pure.

import type { Message, OnCall, Paged } from "../../api/types";
import { lookOf, MESSAGE_STATES } from "../../states/states";
import { durationWords } from "../../words/durations";
import { clockOf } from "../../words/paging";

const PASSED: Readonly<Record<string, string>> = {
  out_of_hours: "the step is only taken in its hours",
  nobody_on_call: "nobody is on call there",
  no_contact: "has no verified contact",
  unknown: "the catalog does not have it",
};
const ROUTED: Readonly<Record<string, string>> = {
  by_target: "its alert policy names it",
  by_team: "its team owns the service",
  by_fallback: "nobody else was to be found",
};

const named = (words: Readonly<Record<string, string>>, reason: string) =>
  words[reason] ?? reason.replaceAll("_", " ");

export const passedWords = (reason: string) => named(PASSED, reason);
export const routedWords = (reason: string) => named(ROUTED, reason);

/** "Payments primary" for `schedule payments`; a team or a user is called by its kind and name. */
export function targetWords(target: string, schedules: readonly OnCall[]): string {
  const name = target.startsWith("schedule ") ? target.slice("schedule ".length) : null;
  const found = schedules.find(({ schedule }) => schedule === name);
  return found === undefined ? target : found.display_name;
}

/** "accepted by the provider 09:16:07", "waiting until 09:21:06", "not sent: secondary had acknowledged". */
export function resultWords(message: Message, page: Paged): string {
  const { word } = lookOf(MESSAGE_STATES, message.state);
  const tries = message.tries > 1 ? `, ${message.tries} tries` : "";
  if (message.state === "waiting") return `${word} until ${clockOf(message.due_at, page)}${tries}`;
  if (message.state === "cancelled") return message.answer === "" ? word : `${word}: ${message.answer}`;
  const at = message.answered_at ?? message.sent_at;
  return `${word}${at === null ? "" : ` ${clockOf(at, page)}`}${tries}`;
}

/** How long the provider took to answer. */
export function answerTime({ sent_at: sent, answered_at: answered, state }: Message): string {
  if (sent === null || answered === null || state === "cancelled") return "–";
  const seconds = (Date.parse(answered) - Date.parse(sent)) / 1000;
  return seconds < 1 ? "<1 s" : durationWords(seconds);
}

/** When a message went out, or is to. */
export const sentAt = ({ sent_at: sent, due_at: due }: Message) => sent ?? due;

/** Where a message stands on the axis: one that did not arrive, when that was known. */
export const markedAt = (message: Message) =>
  message.state === "failed" ? (message.answered_at ?? sentAt(message)) : sentAt(message);
