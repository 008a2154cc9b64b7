// The state of a page that is in its address: typed, each value at its usual one left out.

import { useCallback, useMemo } from "react";
import { navigate, useSearch } from "wouter/use-browser-location";

/** How one parameter is read from its texts in the address, and written as texts; none is its usual value. */
export type Param<Value> = {
  read: (texts: readonly string[]) => Value;
  write: (value: Value) => readonly string[];
};
// A value goes both out of a parameter and into it, so `unknown` alone would refuse every one of them.
type AnyParam = { read: (texts: readonly string[]) => unknown; write: (value: never) => readonly string[] };
type Params = Readonly<Record<string, AnyParam>>;
type Reads<Each> = Each extends { read: (texts: readonly string[]) => infer Value } ? Value : never;
export type StateOf<Shape> = { readonly [Name in keyof Shape]: Reads<Shape[Name]> };
export type Edit<Shape> = Partial<StateOf<Shape>>;
export type SetState<Shape> = (edit: Edit<Shape> | ((state: StateOf<Shape>) => Edit<Shape>)) => void;

/** A text; `usual` where the address has none. */
export function text(usual = ""): Param<string> {
  return { read: ([first]) => first ?? usual, write: (value) => (value === usual ? [] : [value]) };
}

/** A text, or null where the address has none or an empty one. */
export const optional: Param<string | null> = {
  read: ([first]) => first || null,
  write: (value) => (value ? [value] : []),
};

/** One of a few values; `usual` where the address has none of them. */
export function oneOf<Value extends string, Usual extends Value | null>(
  values: readonly Value[],
  usual: Usual,
): Param<Value | Usual> {
  return {
    read: ([first]) => values.find((value) => value === first) ?? usual,
    write: (value) => (value === null || value === usual ? [] : [value]),
  };
}

/** On (`1`) or off. */
export const flag: Param<boolean> = {
  read: ([first]) => first === "1",
  write: (on) => (on ? ["1"] : []),
};

/** Any number of texts, each a parameter of its own. */
export const list: Param<readonly string[]> = { read: (texts) => texts, write: (values) => values };

export function stateIn<Shape extends Params>(search: URLSearchParams, params: Shape): StateOf<Shape> {
  const read = Object.entries(params).map(([name, param]) => [name, param.read(search.getAll(name))]);
  return Object.fromEntries(read) as StateOf<Shape>;
}

/** The parameters with an edit put in; those that it does not name stay as they are. */
export function withEdit<Shape extends Params>(
  search: URLSearchParams,
  params: Shape,
  edit: Edit<Shape>,
): URLSearchParams {
  const after = new URLSearchParams(search);
  for (const [name, value] of Object.entries(edit)) {
    const param = params[name];
    if (!param) continue;
    after.delete(name);
    for (const each of param.write(value as never)) after.append(name, each);
  }
  return after;
}

/**
 * State in the address. `params` is a constant. `replace` for what changes with every key pressed;
 * `push` for what the back button should undo.
 */
export function useSearchState<Shape extends Params>(
  params: Shape,
  how: "push" | "replace" = "push",
): [StateOf<Shape>, SetState<Shape>] {
  const whole = useSearch();
  const state = useMemo(() => stateIn(new URLSearchParams(whole), params), [whole, params]);
  const set = useCallback<SetState<Shape>>(
    (edit) => {
      // Read when it is set: a second edit before the next drawing goes on top of the first.
      const before = new URLSearchParams(location.search);
      const made = typeof edit === "function" ? edit(stateIn(before, params)) : edit;
      const after = withEdit(before, params, made).toString();
      navigate(`${location.pathname}${after ? `?${after}` : ""}`, { replace: how === "replace" });
    },
    [params, how],
  );
  return [state, set];
}

/** Sorting by a column; by the same one again turns the order round. */
export const sortedBy =
  <Key extends string>(key: Key) =>
  (state: { sort: string | null; desc: boolean }) => ({ sort: key, desc: state.sort === key && !state.desc });
