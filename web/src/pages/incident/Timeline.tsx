import { type SubmitEvent, useMemo, useState } from "react";
import { Link } from "wouter";
import { oneOf, useSearchState } from "../../app/searchState";
import { problemWords } from "../../api/problems";
import type { IncidentDetail, Session, TimelineEntry } from "../../api/types";
import { useNote } from "../../api/writes";
import { Rows } from "../../export/context";
import { Moment } from "../../parts/Moment";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { pagePath } from "../../paths";
import { permitted } from "../../states/permissions";
import { Segments } from "../../parts/Segments";
import type { Tone } from "../../states/states";
import { capital, count } from "../../words/counts";
import { MACHINES, pageOf, VIEWS, type View, viewsOf } from "./entries";
import { phasesOf } from "./phases";

/** The kinds of what happens, by what the journal's kind contains; the first that fits. */
const KINDS: ReadonlyArray<{ has: RegExp; word: string; tone: Tone }> = [
  { has: /^page\.(not_|passed|unanswered)/, word: "Page", tone: "bad" },
  { has: /^page\.(?!ack)/, word: "Page", tone: "accent" },
  { has: /joined/, word: "Joined", tone: "plain" },
  { has: /merged/, word: "Merged", tone: "plain" },
  { has: /note/, word: "Note", tone: "plain" },
  { has: /ack/, word: "Ack", tone: "ok" },
  { has: /held|no_data/, word: "Suspended", tone: "none" },
  { has: /inhibit/, word: "Covered", tone: "plain" },
  { has: /alert.*resolv/, word: "Alert", tone: "ok" },
  { has: /resolv|closed/, word: "Resolved", tone: "ok" },
  { has: /alert/, word: "Alert", tone: "bad" },
  { has: /burn|rejoin|joined/, word: "Burn", tone: "plain" },
  { has: /incident|opened/, word: "Incident", tone: "bad" },
  { has: /change|deploy|config|flag|scale|catalog/, word: "Change", tone: "accent" },
];

const NAMES: Readonly<Record<View, string>> = {
  matters: "What matters",
  people: "People",
  all: "Everything",
};
const PARAMS = { entries: oneOf(VIEWS, "matters") };

type Props = { incident: IncidentDetail; session: Session | undefined };

/** A line to add to what happened, and what happened, newest first. */
export function Timeline({ incident, session }: Props) {
  const [{ entries }, choose] = useSearchState(PARAMS);
  const views = useMemo(() => viewsOf(incident.timeline), [incident.timeline]);
  const shown = views[entries];
  return (
    <Panel
      name="Timeline"
      of="newest first"
      id="timeline"
      aside={
        <Segments
          label="Entries shown"
          value={entries}
          options={VIEWS.map((value) => ({ value, words: `${NAMES[value]} ${count(views[value].length)}` }))}
          onPick={(value) => choose({ entries: value })}
        />
      }
    >
      <Rows of={shown} />
      <NoteLine incident={incident} session={session} />
      {shown.length === 0 ? (
        <Quiet>{entries === "people" ? "Nobody wrote or did anything yet." : "No entries yet."}</Quiet>
      ) : (
        <div className="moments">
          {phasesOf(incident, shown).map((phase) => (
            <section key={phase.name} aria-label={phase.name}>
              <h3>
                <b>{phase.name}</b> {phase.about}
              </h3>
              <ol>
                {phase.entries.map((entry) => (
                  <Line key={entry.id} entry={entry} />
                ))}
              </ol>
            </section>
          ))}
        </div>
      )}
    </Panel>
  );
}

function Line({ entry }: { entry: TimelineEntry }) {
  const kind = KINDS.find(({ has }) => has.test(entry.kind)) ?? {
    word: capital(entry.kind.replaceAll(/[._]/g, " ")),
    tone: "plain" as const,
  };
  const goesOn = typeof entry.data["still_firing"] === "string";
  const page = pageOf(entry);
  const named = MACHINES.has(entry.actor) || entry.summary.includes(entry.actor);
  return (
    <li className="listed moment">
      <span className="muted">
        <Moment at={entry.at} />
      </span>
      <span className={kind.tone === "plain" || goesOn ? "muted" : `tone-${kind.tone}`}>{kind.word}</span>
      <span>
        {page === null ? (
          entry.summary
        ) : (
          <Link href={pagePath(page)} className="name-link">
            {entry.summary}
          </Link>
        )}
        {!named && <span className="quiet"> · {entry.actor}</span>}
      </span>
    </li>
  );
}

function placeholderOf({ state }: IncidentDetail): string {
  return state === "resolved" ? "Add to the record: cause, fix, what to do next…" : "Add a note…";
}

function NoteLine({ incident, session }: Props) {
  const [text, setText] = useState("");
  const note = useNote(incident.id);
  const permission = permitted(session, "note");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim() !== "" && !note.isPending) note.mutate(text.trim(), { onSuccess: () => setText("") });
  };
  return (
    <form onSubmit={send}>
      <div className="timeline-note">
        <input
          aria-label="Add a note"
          placeholder={permission.allowed ? placeholderOf(incident) : permission.reason}
          value={text}
          disabled={!permission.allowed}
          onChange={(event) => setText(event.target.value)}
        />
        <kbd aria-hidden="true">⏎</kbd>
      </div>
      {note.error && (
        <p className="refused" role="alert">
          {problemWords(note.error).title}: {problemWords(note.error).detail} What you wrote is still here.
        </p>
      )}
    </form>
  );
}
