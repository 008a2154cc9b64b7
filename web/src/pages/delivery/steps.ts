// The ladder of a page on a time axis: the steps that were taken, those passed over, those still to come. Pure.

import type { Foreseen, Message, PagedDetail } from "../../api/types";
import { askedIn } from "../../words/paging";

/** Somebody or something that could not be asked, and the reason by its name. */
export type PassedOver = { step: number; who: string; reason: string };

export type Rung = {
  step: number;
  people: readonly string[];
  /** What named them, as `schedule payments`. */
  by: readonly string[];
  from: number;
  to: number;
  /** `passed` found nobody; `ahead` was not reached, and is as it is foreseen. */
  kind: "taken" | "passed" | "ahead";
  messages: readonly Message[];
};

/** Who was passed over, in order. */
export function passedIn({ timeline }: Pick<PagedDetail, "timeline">): (PassedOver & { at: string })[] {
  return timeline
    .filter(({ kind }) => kind === "page.passed")
    .map(({ at, data }) => ({
      at,
      step: Number(data["step"] ?? 0),
      who: textOf(data["who"]),
      reason: textOf(data["reason"]),
    }));
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** When a page left its ladder: acknowledged, or what it was for was over; null while somebody may be asked. */
export function leftAt({ acknowledged_at: answered, ended_at: ended }: PagedDetail): number | null {
  const at = answered ?? ended;
  return at === null ? null : Date.parse(at);
}

/** The steps in order: as they were taken, then as they would be. */
export function rungsOf(page: PagedDetail, foreseen: Foreseen | undefined): Rung[] {
  const taken = takenOf(page);
  const steps = new Set(taken.map(({ step }) => step));
  const passed = passedIn(page)
    .filter(({ step }) => !steps.has(step))
    .filter(({ step }, at, all) => all.findIndex((one) => one.step === step) === at)
    .map(({ step, at }): Rung => {
      const from = Date.parse(at);
      return { step, people: [], by: [], from, to: from, kind: "passed", messages: [] };
    });
  const own = [...taken, ...passed].sort((one, other) => one.step - other.step);
  return [...own, ...aheadOf(page, foreseen)];
}

function takenOf(page: PagedDetail): Rung[] {
  const asked = askedIn(page.timeline);
  return asked.map(({ step, people, at, until }, index) => {
    const messages = page.messages.filter((one) => one.step === step);
    const next = asked[index + 1]?.at ?? until ?? at;
    const from = Date.parse(at);
    return {
      step,
      people,
      by: [...new Set(messages.map(({ by }) => by))],
      from,
      to: Math.max(from, Math.min(Date.parse(next), leftAt(page) ?? Infinity)),
      kind: "taken",
      messages,
    };
  });
}

/** Foreseen from the beginning; what took longer or shorter since then moves the rest by as much. */
function aheadOf(page: PagedDetail, foreseen: Foreseen | undefined): Rung[] {
  const steps = (foreseen?.steps ?? []).filter(
    (one) => one.policy === page.policy && one.step >= page.steps && one.asked.length > 0,
  );
  const [first] = steps;
  if (first === undefined || page.state === "unanswered") return [];
  const last = askedIn(page.timeline).at(-1);
  const begins = page.next_at ?? last?.until ?? first.at;
  const moved = Date.parse(begins) - Date.parse(first.at);
  return steps.map(({ step, at, asked }) => ({
    step,
    people: asked.map(({ person }) => person),
    by: [...new Set(asked.map(({ by }) => by))],
    from: Date.parse(at) + moved,
    to: Date.parse(at) + moved,
    kind: "ahead",
    messages: [],
  }));
}

export type Axis = { start: number; end: number; step: number; ticks: readonly number[] };

const STEP_SECONDS = [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800];
const TICKS_MOST = 6;
const SHORTEST_MILLISECONDS = 30_000;
/** Room after the last thing, for its words. */
const AFTER = 1.06;

/** From the beginning of the page to the last of its steps, and to now while it pages. */
export function axisOf(page: PagedDetail, rungs: readonly Rung[], now: number): Axis {
  const start = Date.parse(page.opened_at);
  const last = Math.max(
    start + SHORTEST_MILLISECONDS,
    leftAt(page) ?? start,
    page.state === "paging" ? now : start,
    ...rungs.map(({ to }) => to),
  );
  const end = start + (last - start) * AFTER;
  const step =
    1000 * (STEP_SECONDS.find((each) => (end - start) / 1000 / each <= TICKS_MOST) ?? (end - start) / 6000);
  const first = Math.ceil(start / step) * step;
  const count = Math.max(0, Math.floor((end - first) / step) + 1);
  return { start, end, step, ticks: Array.from({ length: count }, (_, each) => first + each * step) };
}

/** Where an instant lies on the axis, of a hundred. */
export function placeOn({ start, end }: Axis, at: number): number {
  return Math.min(100, Math.max(0, (100 * (at - start)) / (end - start)));
}
