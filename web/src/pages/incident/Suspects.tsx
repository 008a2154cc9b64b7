import { Link } from "wouter";
import type { Contributor, IncidentObjective } from "../../api/types";
import { Rows } from "../../export/context";
import { Panel } from "../../parts/Panel";
import { Quiet } from "../../parts/Notice";
import { changesPath, logsPath, mapPath, originPath, tracesPath } from "../../paths";
import type { Range } from "../../range/range";
import { countOf, share } from "../../words/counts";

const SHOWN = 3;

type Suspect = {
  label: string;
  sender: Contributor;
  operations: Set<string>;
  zones: Set<string>;
  bad: number;
  share: number;
};

/** The versions of services that contributed most bad events, the worst first. */
export function Suspects({ objective }: { objective: IncidentObjective }) {
  const suspects = together(objective.evidence?.contributors ?? []).slice(0, SHOWN);
  return (
    <Panel name="Suspects" of={`by their share of bad ${objective.events}`} id="suspects">
      {objective.evidence && <Rows of={objective.evidence.contributors} />}
      {suspects.length === 0 ? (
        <Quiet>No bad {objective.events} could be led back to an operation yet.</Quiet>
      ) : (
        <ol className="suspects">
          {suspects.map((suspect, index) => (
            <li key={suspect.label} className="listed">
              <span>
                <span className="strong">
                  {index + 1} · {suspect.label}
                  {` · ${[...suspect.operations].join(", ")}`}
                </span>
                <small>{wordsOf(suspect, objective.events)}</small>
              </span>
              <Ways suspect={suspect} objective={objective} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** Where to go on from a suspect: to its bad events first. */
function Ways({ suspect: { sender }, objective }: { suspect: Suspect; objective: IncidentObjective }) {
  const range = whileItLasted(objective);
  const { service, sends_spans: sends } = sender;
  return (
    <span className="suspect-ways">
      <Link
        href={tracesPath({ objective: objective.objective, range })}
        className="button button-small"
        title={`The bad ${objective.events} of this objective`}
      >
        Traces
      </Link>
      <Link href={originPath(sender, range)} className="button button-small">
        {sends ? "Service" : "Its calls"}
      </Link>
      {sends && (
        <Link href={logsPath({ where: `service=${service}`, ...range })} className="button button-small">
          Logs
        </Link>
      )}
      <Link href={mapPath({ around: service, range })} className="button button-small">
        Map around
      </Link>
      <Link href={changesPath({ range, q: service })} className="button button-small">
        Changes
      </Link>
    </span>
  );
}

/** A service that is silent by now still has a page of when it was not. */
function whileItLasted(objective: IncidentObjective): Range {
  return { from: objective.onset_at ?? objective.fired_at, to: objective.resolved_at ?? "now" };
}

function wordsOf(suspect: Suspect, events: string): string {
  const zones = suspect.zones.size > 0 ? `, in ${[...suspect.zones].sort().join(" and ")}` : "";
  return `${countOf(suspect.bad, `bad ${events}`)}, ${share(suspect.share)} of those followed${zones}`;
}

function together(items: readonly Contributor[]): Suspect[] {
  const suspects = new Map<string, Suspect>();
  for (const item of items) {
    const label = `${item.service} ${item.version ?? ""}`.trim();
    const known = suspects.get(label) ?? {
      label,
      sender: item,
      operations: new Set(),
      zones: new Set(),
      bad: 0,
      share: 0,
    };
    known.operations.add(item.operation);
    if (item.zone !== null) known.zones.add(item.zone);
    suspects.set(label, { ...known, bad: known.bad + item.bad, share: known.share + item.share });
  }
  return [...suspects.values()].sort((one, other) => other.share - one.share);
}
