// What a service is called: its name, with its namespace and environment where they matter.

/** What the absent environment or namespace is called, here and by the server. */
const ABSENT = "default";

/** As much as is known of which service is meant; several have the same name. */
export type Known = {
  readonly name: string;
  readonly environment?: string | null | undefined;
  readonly namespace?: string | null | undefined;
  readonly label?: string | undefined;
};
type Labelled = Known & { readonly label: string; readonly environment: string; readonly namespace: string };

/** "production", "default". */
export function shown(text: string): string {
  return text || ABSENT;
}

/** The namespace that a label names before the name, null where the name does without. */
export function namespaceIn({ name, namespace, label }: Labelled): string | null {
  return label !== name && label.startsWith(`${shown(namespace)}/${name}`) ? shown(namespace) : null;
}

/** What distinguishes a service from all others. */
export function identity({ name, namespace, environment }: Known): string {
  return JSON.stringify([environment ?? null, namespace ?? null, name]);
}

/** The environments of some services, as people call them, by name. */
export function environmentsOf(services: readonly { environment: string }[]): string[] {
  return [...new Set(services.map(({ environment }) => shown(environment)))].sort();
}

/**
 * Environment and namespace as parameters. An absent one is named where it distinguishes: not
 * where the label says that the name is enough.
 */
export function placeAsked({ name, environment, namespace, label }: Known) {
  const absent = label === name ? undefined : ABSENT;
  const asked = (value: string | null | undefined) =>
    value === null || value === undefined ? undefined : value || absent;
  return { environment: asked(environment), namespace: asked(namespace) };
}

type Place = { environment: string; regions: readonly string[] };

/** "production · eu-west-1, us-east-1": where a service runs. An absent environment is named among `several`. */
export function placeWords({ environment, regions }: Place, several: boolean): string {
  return [several ? shown(environment) : environment, regions.join(", ")].filter(Boolean).join(" · ");
}

/** "payments team": who owns it, as the catalog knows it. */
export function teamWords({ team }: { team: string | null }): string {
  return team ? `${team} team` : "";
}

/** "payments team", "tier 1": who owns it, and how much depends on it. */
export function ownerWords(of: { team: string | null; tier: string | null }): string[] {
  return [teamWords(of), of.tier ? `tier ${of.tier}` : ""].filter(Boolean);
}

/** "a", "a and b", "a, b and c". */
export function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

type Counted = {
  readonly requests: number;
  readonly errors: number;
  readonly failed_before: { readonly ratio: number } | null;
};

/** The share of the last minutes' requests that failed, by its own account or as its callers see it: the worse. */
export function failedRatio({ requests, errors, failed_before: before }: Counted): number {
  return Math.max(requests === 0 ? 0 : errors / requests, before?.ratio ?? 0);
}
