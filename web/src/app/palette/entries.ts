// The palette's entries: what burns and is open, the things of this environment by name, the pages, and actions.

import { useMantineColorScheme } from "@mantine/core";
import { usePages } from "../../api/paging";
import { useIncidents, useMap, useObjectives } from "../../api/queries";
import { problemWords } from "../../api/problems";
import { useServices } from "../../api/services";
import type { Incident, MapNode, Objective, Paged, Service } from "../../api/types";
import { incidentPath, logsPath, nodePath, objectivePath, pagePath, servicePath } from "../../paths";
import {
  INCIDENT_STATES,
  lookOf,
  lookOfObjective,
  lookOfTrouble,
  PAGE_STATES,
  troubleOf,
} from "../../states/states";
import { count, countOf } from "../../words/counts";
import { nameOf } from "../../words/incidents";
import { isUnanswered } from "../../words/paging";
import { shownZone, showZone } from "../../words/shownZone";
import { UTC } from "../../words/zones";
import { ROOMS } from "../rooms";
import { NEXT_SCHEME } from "../schemes";
import { useViews, type View } from "../views";
import type { Entry } from "./found";

const HOUR = { from: "now-1h", to: "now" };
const EVERYWHERE = { zone: "", version: "", around: "" };
const WORDS_LEAST = 3;

type Does = { showKeys: () => void; say: (words: string) => void };

/** All entries, and where they were looked for. */
export function useEntries(typed: string, does: Does): { entries: Entry[]; looked: string } {
  const objectives = useObjectives().items;
  const incidents = useIncidents().data?.items ?? [];
  const pages = usePages().data?.items ?? [];
  const services = useServices(HOUR).data?.items ?? [];
  const parties = (useMap(HOUR, EVERYWHERE).data?.nodes ?? []).filter(({ kind }) => kind !== "service");
  const views = useViews();
  const actions = useActions(typed, does, views);
  const entries = [
    ...incidents.filter(({ state }) => state !== "resolved").map((one) => incident(one, "Needs attention")),
    ...pages.filter(isUnanswered).map((one) => paged(one, "Needs attention")),
    ...objectives.filter(isBurning).map((one) => objective(one, "Needs attention")),
    ...pinnedFirst(views.views).map(view),
    ...services.map(service),
    ...parties.flatMap(party),
    ...objectives.filter((one) => !isBurning(one)).map((one) => objective(one, "Go to")),
    ...incidents.filter(({ state }) => state === "resolved").map((one) => incident(one, "Go to")),
    ...pages.filter((one) => !isUnanswered(one)).map((one) => paged(one, "Go to")),
    ...ROOMS.flatMap(({ rooms }) => rooms).map(room),
    ...(typed.trim().length >= WORDS_LEAST ? [lines(typed.trim())] : []),
    ...actions,
  ];
  const looked = [
    countOf(objectives.length, "objectives"),
    countOf(incidents.length, "incidents"),
    `${countOf(services.length, "services")} and ${count(parties.length)} other parties of the last hour`,
    "views, pages and actions",
  ].join(", ");
  return { entries, looked };
}

const isBurning = ({ state, burn_state: burn }: Objective) => troubleOf(state, burn) === "burning";

const pinnedFirst = (views: readonly View[]) => [
  ...views.filter(({ isPinned }) => isPinned),
  ...views.filter(({ isPinned }) => !isPinned),
];

const view = ({ name, address, isPinned }: View): Entry => ({
  id: `view ${name}`,
  group: "Views",
  name,
  kind: isPinned ? "pinned" : "view",
  href: address,
});

function objective(one: Objective, group: Entry["group"]): Entry {
  const { sign, tone, word } = lookOfObjective(one);
  const href = objectivePath(one.name);
  return {
    id: href,
    group,
    name: one.display_name,
    note: `${one.service}, ${word}`,
    kind: "objective",
    sign,
    tone,
    href,
  };
}

function incident(one: Incident, group: Entry["group"]): Entry {
  const { sign, tone, word } = lookOf(INCIDENT_STATES, one.state);
  const href = incidentPath(one.id);
  return {
    id: href,
    group,
    name: `${one.id} · ${nameOf(one)}`,
    note: word,
    kind: "incident",
    sign,
    tone,
    href,
  };
}

function paged(one: Paged, group: Entry["group"]): Entry {
  const { sign, tone, word } = lookOf(PAGE_STATES, one.state);
  const href = pagePath(one.id);
  return {
    id: href,
    group,
    name: `Page ${one.id} · ${one.title}`,
    note: word,
    kind: "page",
    sign,
    tone,
    href,
  };
}

function service(one: Service): Entry {
  const { sign, tone, word } = lookOfTrouble(one.now.reason, one.worst_burn_state);
  const href = servicePath(one);
  return { id: href, group: "Go to", name: one.label, note: word, kind: "service", sign, tone, href };
}

function party(one: MapNode): Entry[] {
  const href = nodePath(one);
  return href === null ? [] : [{ id: href, group: "Go to", name: one.name, kind: one.kind, href }];
}

const room = ({ href, name, key }: (typeof ROOMS)[number]["rooms"][number]): Entry => ({
  id: href,
  group: "Go to",
  name,
  kind: "page",
  keys: `g ${key}`,
  always: true,
  href,
});

const lines = (typed: string): Entry => ({
  id: "lines",
  group: "Go to",
  name: `Log lines with “${typed}”`,
  kind: "logs",
  href: logsPath({ q: typed }),
});

function useActions(typed: string, does: Does, views: ReturnType<typeof useViews>): Entry[] {
  const { showKeys, say } = does;
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = NEXT_SCHEME[colorScheme];
  const isUtc = shownZone() === UTC;
  const action = (id: string, words: string, act: () => void, keys?: string): Entry => ({
    id,
    group: "Actions",
    name: words,
    kind: "action",
    keys,
    act,
  });
  return [
    action("copy", "Copy link to this view", () => void copied(say)),
    ...viewActions(typed, views, say).map(({ id, words, act }) => action(id, words, act)),
    action("theme", `Theme: ${next}`, () => setColorScheme(next)),
    action("zone", isUtc ? "Show times in your own zone" : "Show times in UTC", () =>
      showZone(isUtc ? "own" : "utc"),
    ),
    action("keys", "Show the keys", showKeys, "?"),
  ];
}

type ViewAction = { id: string; words: string; act: () => void };

/** What may be done with the view in sight: saved and pinned under what was typed, or else unpinned and removed. */
function viewActions(
  typed: string,
  { views, save, remove }: ReturnType<typeof useViews>,
  say: Does["say"],
): ViewAction[] {
  const address = `${location.pathname}${location.search}`;
  const own = views.find((one) => one.address === address);
  const name = typed.trim() || document.title.replace(/^\(\d+\) /, "").replace(/ · Holdfast$/, "");
  const doing = (id: string, words: string, act: () => Promise<void>, done: string): ViewAction => ({
    id,
    words,
    act: () =>
      void act().then(
        () => say(done),
        (error: unknown) => say(problemWords(error).detail),
      ),
  });
  if (!own)
    return [
      doing(
        "save",
        `Save this view as “${name}”`,
        () => save({ name, address, isPinned: false }),
        "View saved",
      ),
      doing(
        "pin",
        `Pin this view as “${name}”`,
        () => save({ name, address, isPinned: true }),
        "View pinned",
      ),
    ];
  const turn = own.isPinned ? "Unpin" : "Pin";
  return [
    doing("pin", `${turn} “${own.name}”`, () => save({ ...own, isPinned: !own.isPinned }), `${turn}ned`),
    doing("remove", `Remove the view “${own.name}”`, () => remove(own.name), "View removed"),
  ];
}

async function copied(say: (words: string) => void) {
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied");
  } catch {
    say("This browser lets no page copy here: copy the address from its own line");
  }
}
