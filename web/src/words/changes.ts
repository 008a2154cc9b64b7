// What kind a change is of, in words.

type Changed = {
  readonly kind: string;
  readonly observed: readonly { readonly arrival: string }[];
};

/** A version that takes no traffic any more was deployed by nobody. */
export const kindOf = ({ kind, observed }: Changed): string =>
  observed[0]?.arrival === "gone" ? "version gone" : kind;
