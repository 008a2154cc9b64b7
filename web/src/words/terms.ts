// What the words of the field mean, for whoever points at them: each as the glossary has it (docs/guide/glossary.md).

const TERMS: Readonly<Record<string, string>> = {
  "budget left":
    "The bad events counted, and what is left of the budget; negative once the objective is violated.",
  burning:
    "An alert of the objective fires: it pages (red), or only a ticket fires and nobody is called (amber).",
  burn: "How fast the budget goes: the share of bad events divided by the allowed share. 1× spends exactly the budget over the whole window.",
  "burn rate":
    "How fast the budget goes: the share of bad events divided by the allowed share. 1× spends exactly the budget over the whole window.",
  coverage: "The share of minutes in which any span of the SLI's service arrived.",
  exhausted: "Nothing of the budget is left, and it is not chance.",
  target: "The share of events that have to be good.",
  attained: "The share of events that were good, over the objective's window so far.",
  p99: "The duration that 99% of requests do not exceed.",
  usual:
    "The median over the same hour of earlier weeks or days, or of the hours before where less is stored.",
  saturation: "How full a resource is: what is used of its limit.",
  suspects: "A contributor of an incident, or a change before its onset.",
  "on call":
    "Responsible now: the people whom a schedule names at this moment, paged first by their team's policy.",
  "escalation policy":
    "A ladder of steps: whom a page asks, how long it waits for an acknowledgement, and who is next.",
  override: "A person who is on call for a time in place of another, or of everybody on a schedule.",
  page: "A call to act, sent to people along an escalation policy until somebody acknowledges it; also the severity of an alert that sends one.",
  "critical path":
    "The spans a trace waited for; making anything else faster does not make the trace faster.",
};

/** The meaning of a head or label, by all of it or its first words: "p99, last 5 min" is p99. */
export function meaningOf(words: string): string | undefined {
  const lowered = words.toLowerCase();
  const starts = Object.keys(TERMS)
    .filter((term) => lowered === term || lowered.startsWith(`${term} `) || lowered.startsWith(`${term},`))
    .sort((one, other) => other.length - one.length);
  return starts[0] === undefined ? undefined : TERMS[starts[0]];
}

export const KNOWN_TERMS = Object.keys(TERMS);
