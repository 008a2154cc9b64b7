import { Link } from "wouter";
import type { IncidentObjective } from "../../api/types";
import { Rows } from "../../export/context";
import { Panel } from "../../parts/Panel";
import { Quiet } from "../../parts/Notice";
import { changesPath, logsPath, mapPath, originPath, tracesPath } from "../../paths";
import type { Range } from "../../range/range";
import { capital, count, countOf, share } from "../../words/counts";
import { when } from "../../words/moments";
import { paceWords } from "../../words/pace";

const SHOWN = 3;

type Suspect = IncidentObjective["suspects"][number];

/** The parties that bad events failed at, their versions apart, the first suspect first. */
export function Suspects({ objective }: { objective: IncidentObjective }) {
  const suspects = objective.suspects.slice(0, SHOWN);
  const pace = objective.evidence?.pace;
  return (
    <Panel name="Suspects" of={`by their share of bad ${objective.events}`} id="suspects">
      {objective.evidence && <Rows of={objective.evidence.contributors} />}
      {suspects.length === 0 ? (
        <Quiet>No bad {objective.events} could be led back to an operation yet.</Quiet>
      ) : (
        <ol className="suspects">
          {suspects.map((suspect, index) => (
            <li key={`${suspect.environment} ${suspect.name}`} className="listed">
              <span>
                <span className="strong">
                  {index + 1} · {suspect.name}
                  {` · ${suspect.operations.join(", ")}`}
                </span>
                <small>{wordsOf(suspect, objective.events)}</small>
              </span>
              <Ways suspect={suspect} objective={objective} />
            </li>
          ))}
        </ol>
      )}
      {pace && <p className="footnote">{paceWords(pace, objective.events)}.</p>}
    </Panel>
  );
}

/** Where to go on from a suspect: to its bad events first. */
function Ways({ suspect, objective }: { suspect: Suspect; objective: IncidentObjective }) {
  const range = whileItLasted(objective);
  const { party: service, environment, sends_spans: sends } = suspect;
  return (
    <span className="suspect-ways">
      <Link
        href={tracesPath({ objective: objective.objective, range })}
        className="button button-small"
        title={`The bad ${objective.events} of this objective`}
      >
        Traces
      </Link>
      <Link
        href={originPath({ service, environment, sends_spans: sends }, range)}
        className="button button-small"
      >
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

/** "deployed 05:42: 13 SELECTs a call, 1 usual. 102 bad pages, 67% of those followed". */
export function wordsOf(suspect: Suspect, events: string): string {
  const { answer, said, repeats, deployed_at: deployed, bad, share: part } = suspect;
  const before = [deployed && `deployed ${when(deployed)}`, repeats && callsWords(repeats)]
    .filter(Boolean)
    .join(": ");
  const got = answer === "" || answer === "slow" ? "" : ` · ${said}`;
  const counted = `${countOf(bad, `bad ${events}`)}, ${share(part)} of those followed${got}`;
  return before ? `${capital(before)}. ${counted}` : counted;
}

function callsWords({ operation, calls, usual }: NonNullable<Suspect["repeats"]>): string {
  const [verb] = operation.split(" ");
  const than = usual === null ? "" : usual === 0 ? ", usually none" : `, ${count(usual)} usual`;
  return `${count(calls)} ${verb}s a call${than}`;
}
