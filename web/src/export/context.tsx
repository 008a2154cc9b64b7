// Which figures a part of the page shows: those of the answer nearest to it, within it or around it.

import { createContext, use, useEffect } from "react";

type Holder = { figures: (data: unknown) => void; rows: (rows: readonly unknown[] | null) => void };

/** The answer around what is drawn. */
export const FiguresContext = createContext<unknown>(undefined);
/** The panel around what is drawn: it is given the answer and the rows within it. */
export const HolderContext = createContext<Holder | null>(null);

/** Gives the panel around the figures it shows; until they are read, it shows none. */
export function useFigures(data: unknown) {
  const holder = use(HolderContext);
  useEffect(() => {
    holder?.figures(data ?? null);
    return () => holder?.figures(undefined);
  }, [holder, data]);
}

/** Gives the panel around the rows of the list in it, which are the same object until they change. */
export function Rows({ of: rows }: { of: readonly unknown[] }) {
  const holder = use(HolderContext);
  useEffect(() => {
    holder?.rows(rows);
    return () => holder?.rows(null);
  }, [holder, rows]);
  return null;
}
