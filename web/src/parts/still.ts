// A list that stands still while a pointer or the focus is in it: what one aims at must not move away.

import { type FocusEvent, useState } from "react";

/** The items to show, how many newer ones wait, and what the list's frame listens to. */
export function useStill<Item>(items: readonly Item[], idOf: (item: Item) => string) {
  const [held, setHeld] = useState<readonly Item[] | null>(null);
  const [inside, setInside] = useState({ pointer: false, focus: false });
  const enter = (by: "pointer" | "focus") => {
    setInside({ ...inside, [by]: true });
    setHeld(held ?? items);
  };
  const leave = (by: "pointer" | "focus") => {
    const after = { ...inside, [by]: false };
    setInside(after);
    if (!after.pointer && !after.focus) setHeld(null);
  };
  const shown = held !== null && held.length > 0 ? held : items;
  return {
    shown,
    newer: newerThan(shown, items, idOf),
    release: () => setHeld(items),
    frame: {
      onPointerEnter: () => enter("pointer"),
      onPointerLeave: () => leave("pointer"),
      onFocus: () => enter("focus"),
      onBlur: (event: FocusEvent<HTMLElement>) => {
        if (!event.currentTarget.contains(event.relatedTarget)) leave("focus");
      },
    },
  };
}

/** How many of the items are not among those shown. */
export function newerThan<Item>(
  shown: readonly Item[],
  items: readonly Item[],
  idOf: (item: Item) => string,
): number {
  const known = new Set(shown.map(idOf));
  return items.filter((item) => !known.has(idOf(item))).length;
}
