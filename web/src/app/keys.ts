// The keyboard: `g` and a letter goes to a room, `/` searches, `?` shows the keys, others are the page's. Never while typing.

import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { objectivesPath } from "../paths";
import { ROOMS } from "./rooms";

const SEQUENCE_MILLISECONDS = 1_200;

/** Whether a key press belongs to a field or a dialog and not to the page. */
export function typing(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey) return true;
  const target = event.target as HTMLElement;
  if (document.querySelector('[role="dialog"], [role="menu"]')) return true;
  return target.matches("input, textarea, select, [contenteditable]");
}

/** What the page's own parts do with a key; a letter after `g` is never theirs. */
const taken: Binding[] = [];
type Binding = { readonly key: string; readonly act: () => void };

export const onKey = (key: string, act: () => void): Binding => ({ key, act });

/** Takes keys while a part of the page is there; of two that take the same, the one drawn last has it. */
export function useKeysOf(own: readonly Binding[]) {
  useEffect(() => {
    taken.push(...own);
    return () => {
      for (const one of own) taken.splice(taken.indexOf(one), 1);
    };
  });
}

export function useKeys(showKeys: () => void) {
  const [, navigate] = useLocation();
  const pressedG = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || typing(event)) return;
      const after = event.timeStamp - pressedG.current < SEQUENCE_MILLISECONDS;
      pressedG.current = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const room = ROOMS.flatMap(({ rooms }) => rooms).find(({ key }) => key === event.key);
      const own = taken.findLast(({ key }) => key === event.key);
      if (after && room) navigate(room.href);
      else if (event.key === "?") showKeys();
      else if (event.key === "/") search(navigate);
      else if (own) own.act();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, showKeys]);
}

/** Search on this page where it has a list, or else among the objectives. */
function search(navigate: (to: string, options: { state: unknown }) => void) {
  const field = document.querySelector<HTMLInputElement>('input[type="search"]');
  if (field) {
    field.focus();
    field.select();
  } else navigate(objectivesPath(), { state: { search: true } });
}
