import { useOnCall } from "../../api/oncall";
import { useForeseen } from "../../api/paging";
import type { PagedDetail } from "../../api/types";
import { useNow } from "../../app/Freshness";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Sign } from "../../parts/Sign";
import { lookOf, MESSAGE_STATES } from "../../states/states";
import { clock, clockSeconds } from "../../words/moments";
import { clockOf, policyWords } from "../../words/paging";
import { type Axis, axisOf, leftAt, passedIn, placeOn, type Rung, rungsOf } from "./steps";
import { markedAt, passedWords, resultWords, targetWords } from "./words";

/** Words that would begin further to the right end at the right instead. */
const WORDS_FROM_MOST = 62;
/** Marks nearer than this stand beside one another. */
const TOUCHING = 1.5;
const MARK_PIXELS = 15;
const MINUTE_MILLISECONDS = 60_000;

type Props = { page: PagedDetail; objective: string | null };

/** The steps on a time axis: whom each asked, what became of the messages, and where it ended. */
export function Ladder({ page, objective }: Props) {
  const foreseen = useForeseen({ ...page, objective }).data;
  const rungs = rungsOf(page, foreseen);
  const axis = axisOf(page, rungs, useNow());
  return (
    <Panel name="Escalation" of={`policy ${policyWords(page.policy)}`} id="escalation">
      {rungs.length === 0 ? (
        <Quiet>No step has asked anybody yet: the first message waits a moment for what fails.</Quiet>
      ) : (
        <>
          <ol className="ladder">
            {rungs.map((rung) => (
              <RungLine key={rung.step} rung={rung} axis={axis} page={page} />
            ))}
          </ol>
          <Ticks axis={axis} />
        </>
      )}
    </Panel>
  );
}

type RungProps = { rung: Rung; axis: Axis; page: PagedDetail };

function RungLine({ rung, axis, page }: RungProps) {
  const schedules = useOnCall().data?.items ?? [];
  const left = placeOn(axis, rung.from);
  const width = rung.kind === "ahead" ? 100 - left : placeOn(axis, rung.to) - left;
  const ended = leftAt(page);
  const isAnswer = rung.kind === "taken" && page.acknowledged_at !== null && rung.to === ended;
  const by = rung.by.map((one) => targetWords(one, schedules)).join(", ");
  return (
    <li className={`rung rung-${rung.kind}`}>
      <span className="rung-number">{rung.step + 1}</span>
      <span className="rung-who">
        <b>{rung.people.length === 0 ? "nobody" : rung.people.join(", ")}</b>
        <small>{by}</small>
      </span>
      <div className="rung-track">
        <Lines axis={axis} page={page} />
        <div
          className={`rung-bar${isAnswer ? " is-answered" : ""}`}
          aria-hidden="true"
          style={{ left: `${left}%`, width: `${width}%` }}
        />
        {rung.messages.map((message, index) => {
          const { sign, tone } = lookOf(MESSAGE_STATES, message.state);
          const place = placeOn(axis, Date.parse(markedAt(message)));
          const before = rung.messages
            .slice(0, index)
            .filter((one) => Math.abs(placeOn(axis, Date.parse(markedAt(one))) - place) < TOUCHING);
          return (
            <span
              key={message.id}
              className={`rung-mark tone-${tone}`}
              style={{ left: `calc(${place}% + ${before.length * MARK_PIXELS}px)` }}
              title={`${message.contact} to ${message.person}: ${resultWords(message, page)}`}
            >
              <Sign sign={sign} />
            </span>
          );
        })}
        <p className="rung-words" style={{ marginLeft: left > WORDS_FROM_MOST ? "auto" : `${left}%` }}>
          {wordsOf(rung, page)}
          {isAnswer && (
            <b className="tone-ok">
              {" "}
              · acknowledged {clockOf(page.acknowledged_at ?? "", page)} by {page.acknowledged_by}
            </b>
          )}
        </p>
      </div>
    </li>
  );
}

/** "mail accepted by the provider 09:16:07 · hook not delivered 09:17:10". */
function wordsOf(rung: Rung, page: PagedDetail): string {
  const begins = clock(new Date(rung.from));
  if (rung.kind === "ahead")
    return page.state === "paging" ? `would begin ${begins}` : `would have begun ${begins}`;
  if (rung.kind === "passed") {
    const passed = passedIn(page).filter(({ step }) => step === rung.step);
    return `passed over: ${passed.map(({ who, reason }) => `${who} ${passedWords(reason)}`).join("; ")}`;
  }
  const many = rung.people.length > 1;
  return rung.messages
    .map((one) => `${many ? `${one.person}: ` : ""}${one.contact} ${resultWords(one, page)}`)
    .join(" · ");
}

/** Behind each step: the grid, the moment of the answer, and now. */
function Lines({ axis, page }: { axis: Axis; page: PagedDetail }) {
  const ended = leftAt(page);
  const now = useNow();
  return (
    <>
      {axis.ticks.map((at) => (
        <i key={at} className="rung-grid" style={{ left: `${placeOn(axis, at)}%` }} />
      ))}
      {ended !== null && (
        <i
          className={`rung-end${page.acknowledged_at === null ? "" : " is-answer"}`}
          style={{ left: `${placeOn(axis, ended)}%` }}
        />
      )}
      {page.state === "paging" && <i className="rung-now" style={{ left: `${placeOn(axis, now)}%` }} />}
    </>
  );
}

function Ticks({ axis }: { axis: Axis }) {
  const written = axis.step < MINUTE_MILLISECONDS ? clockSeconds : clock;
  return (
    <div className="ladder-ticks" aria-hidden="true">
      <div className="rung-track">
        {axis.ticks.map((at) => (
          <span key={at} style={{ left: `${placeOn(axis, at)}%` }}>
            {written(new Date(at))}
          </span>
        ))}
      </div>
    </div>
  );
}
