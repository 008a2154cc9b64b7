// The time in the bar: what is looked at and in which zone, the steps beside it, and the way back from a brush.

import { Popover } from "@mantine/core";
import { useState } from "react";
import { onKey, useKeysOf } from "../app/keys";
import { COMPARED_WORDS, type Range, rangeWords, useComparison, useRange } from "../range/range";
import { broughtToNow, lastWords, stepped, widened } from "../range/ranges";
import { nameOfZone } from "../words/moments";
import { TimeDialog } from "./time/TimeDialog";

type Props = {
  /** Where the range begins while none is chosen, such as `now-1h`; null where each panel has its own. */
  usual: string | null;
  /** Whether charts of the page can be compared with an earlier time. */
  compares?: boolean;
};

/** Another zone draws the page again; whoever chose it in the dialog finds that open. */
let isKeptOpen = false;

function keepOpen(open: boolean) {
  isKeptOpen = open;
}

export function RangePicker({ usual, compares = false }: Props) {
  const range = useRange();
  const [comparison, compare] = useComparison();
  const [opened, setOpened] = useState(isKeptOpen);
  const show = (open: boolean) => {
    keepOpen(false);
    setOpened(open);
  };
  const shown = range.chosen ?? (usual === null ? null : { from: usual, to: "now" });
  const moves = movesFrom(shown, range.choose);
  useKeysOf([
    onKey("t", () => show(true)),
    ...moves.keys,
    ...(range.zoomBack === null ? [] : [onKey("Escape", range.zoomBack)]),
  ]);
  return (
    <div className="time-bar" role="group" aria-label="Range">
      {range.zoomBack !== null && (
        <button type="button" className="button" onClick={range.zoomBack}>
          Zoom back <kbd aria-hidden="true">Esc</kbd>
        </button>
      )}
      {compares && comparison !== null && (
        <button type="button" className="button button-narrows" onClick={() => compare(null)}>
          Compared with <b>{COMPARED_WORDS[comparison]}</b> <span aria-hidden="true">×</span>
          <span className="hidden-words">: compare with nothing</span>
        </button>
      )}
      <Move {...moves.back} sign="‹" words="Earlier" />
      <Popover
        opened={opened}
        onChange={show}
        position="bottom-end"
        offset={6}
        shadow="none"
        withRoles={false}
        trapFocus
        returnFocus
        transitionProps={{ duration: 0 }}
      >
        <Popover.Target>
          <button
            type="button"
            className={`button time-shown${range.chosen === null ? "" : " button-narrows"}`}
            aria-haspopup="dialog"
            aria-expanded={opened}
            onClick={() => show(!opened)}
          >
            Time <b>{shown === null ? "set per panel" : rangeWords(shown)}</b> <span>{nameOfZone()}</span>
          </button>
        </Popover.Target>
        <Popover.Dropdown className="time-dialog" role="dialog" aria-label="Choose a time">
          <TimeDialog
            shown={shown}
            chosen={range.chosen}
            usual={usual === null ? "set per panel" : `last ${lastWords(usual.replace("now-", ""))}`}
            compares={compares}
            onChoose={(chosen) => {
              show(false);
              range.choose(chosen);
            }}
            onZone={() => keepOpen(true)}
          />
        </Popover.Dropdown>
      </Popover>
      <Move {...moves.on} sign="›" words="Later" />
      <Move {...moves.out} sign="−" words="Twice as long" />
      {moves.toNow !== null && (
        <button type="button" className="button" onClick={moves.toNow} title="As long, up to now (0)">
          Now
        </button>
      )}
    </div>
  );
}

type Step = { act: (() => void) | null; why: string; keys: string };

function Move({ act, why, keys, sign, words }: Step & { sign: string; words: string }) {
  return (
    <button
      type="button"
      className="button time-move"
      aria-label={words}
      aria-disabled={act === null}
      title={act === null ? why : `${words} (${keys})`}
      onClick={act ?? undefined}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** Where one can go from a range, worked out when it is asked for: now goes on. */
function movesFrom(shown: Range | null, choose: (range: Range) => void) {
  const going = (to: (range: Range, now: number) => Range | null) => () => {
    const next = shown === null ? null : to(shown, Date.now());
    if (next !== null) choose(next);
  };
  const may = (to: (range: Range, now: number) => Range | null, why: string) =>
    shown === null ? "Choose a time first" : to(shown, Date.now()) === null ? why : "";
  const step = (to: (range: Range, now: number) => Range | null, keys: string, why: string): Step => {
    const reason = may(to, why);
    return { act: reason === "" ? going(to) : null, why: reason, keys };
  };
  const earlier = (range: Range, now: number) => stepped(range, -1, now);
  const later = (range: Range, now: number) => stepped(range, 1, now);
  return {
    back: step(earlier, "[", "This range has no ends to step by"),
    on: step(later, "]", "This is now"),
    out: step(widened, "-", "90 days are the most"),
    toNow: may(broughtToNow, "now") === "" ? going(broughtToNow) : null,
    keys: [
      onKey("[", going(earlier)),
      onKey("]", going(later)),
      onKey("-", going(widened)),
      onKey("0", going(broughtToNow)),
    ],
  };
}
