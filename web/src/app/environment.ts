// The environment that limits what is shown: one parameter of every address, kept by every link.

import { useCallback } from "react";
import { environmentOf } from "./address";
import { type Param, useSearchState } from "./searchState";

const environment: Param<string | null> = {
  read: ([first]) => environmentOf(first),
  write: (value) => (value ? [value] : []),
};
const PARAMS = { environment };

/** The environment in the address, or null for all of them; and how to choose one. */
export function useEnvironment(): [string | null, (chosen: string | null) => void] {
  const [state, set] = useSearchState(PARAMS);
  const choose = useCallback((chosen: string | null) => set({ environment: chosen }), [set]);
  return [state.environment, choose];
}

/**
 * The environments to choose from; none where there is nothing to choose. One that the address names is among
 * them even if nothing is sent from it.
 */
export function choicesOf(known: readonly string[], chosen: string | null): readonly string[] {
  const all = chosen === null || known.includes(chosen) ? known : [...known, chosen];
  return known.length > 1 || all.length > known.length ? all : [];
}
