import { useOnCall } from "../../api/oncall";
import type { Message, OnCall, PagedDetail } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { TableMenu } from "../../parts/TableMenu";
import { lookOf, MESSAGE_STATES } from "../../states/states";
import { countOf } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { acknowledgedAfter, askedIn, clockOf } from "../../words/paging";
import { passedIn } from "./steps";
import { answerTime, passedWords, resultWords, sentAt, targetWords } from "./words";

const COLUMNS = ["When", "Who", "Through", "Result", "After", "Proof"] as const;

/** Every message with its proof, by the step that sent it; what was passed over; how it ended. */
export function Log({ page }: { page: PagedDetail }) {
  const schedules = useOnCall().data?.items ?? [];
  const steps = [...new Set([...askedIn(page.timeline), ...passedIn(page)].map(({ step }) => step))].sort(
    (one, other) => one - other,
  );
  return (
    <section className="panel" id="log" aria-label="Delivery log" style={{ overflowX: "auto" }}>
      <TableMenu label="Delivery log" rows={page.messages}>
        {null}
      </TableMenu>
      <table className="table cards delivery-log">
        <thead>
          <tr>
            {COLUMNS.map((words) => (
              <th key={words} scope="col" className={words === "After" ? "number" : ""}>
                {words}
              </th>
            ))}
          </tr>
        </thead>
        {steps.map((step) => (
          <StepRows key={step} {...{ step, page, schedules }} />
        ))}
        <tbody>
          <tr className="group">
            <th colSpan={COLUMNS.length} scope="rowgroup">
              <b>{endWord(page)}</b> {endWords(page)}
            </th>
          </tr>
        </tbody>
      </table>
      <p className="delivery-foot">
        {sumWords(page.messages)} Accepted is not delivered, and delivered is not acknowledged: only a
        person’s answer stops the escalation.
      </p>
    </section>
  );
}

type StepProps = { step: number; page: PagedDetail; schedules: readonly OnCall[] };

function StepRows({ step, page, schedules }: StepProps) {
  const asked = askedIn(page.timeline).find((one) => one.step === step);
  const messages = page.messages.filter((one) => one.step === step);
  const by = [...new Set(messages.map((one) => targetWords(one.by, schedules)))].join(", ");
  return (
    <tbody>
      <tr className="group">
        <th colSpan={COLUMNS.length} scope="rowgroup">
          <b>Step {step + 1}</b>{" "}
          {asked === undefined
            ? "asked nobody"
            : `${asked.people.join(", ")}${by === "" ? "" : `, ${by}`}, from ${clockOf(asked.at, page)}`}
        </th>
      </tr>
      {passedIn(page)
        .filter((one) => one.step === step)
        .map(({ at, who, reason }) => (
          <tr key={`${who} ${reason}`}>
            <td>{clockOf(at, page)}</td>
            <td className="strong">{targetWords(who, schedules)}</td>
            <td className="unnamed" />
            <td className="wraps" colSpan={3}>
              <span className="delivery-result tone-warn">
                <Sign sign="triangle" />
                <span>passed over: {passedWords(reason)}</span>
              </span>
            </td>
          </tr>
        ))}
      {messages.map((one) => (
        <MessageRow key={one.id} message={one} page={page} />
      ))}
    </tbody>
  );
}

function MessageRow({ message, page }: { message: Message; page: PagedDetail }) {
  const { sign, tone } = lookOf(MESSAGE_STATES, message.state);
  const { contact, channel } = message;
  return (
    <tr>
      <td>{clockOf(sentAt(message), page)}</td>
      <td className="strong">{message.person}</td>
      <td>{contact === channel ? channel : `${contact}, ${channel}`}</td>
      <td className="wraps">
        <span className={`delivery-result tone-${tone}`}>
          <Sign sign={sign} />
          <span>{resultWords(message, page)}</span>
        </span>
      </td>
      <td className="number" data-words="After">
        {answerTime(message)}
      </td>
      <td className="wraps muted delivery-proof">{message.state === "cancelled" ? "" : message.answer}</td>
    </tr>
  );
}

function endWord({ state }: PagedDetail): string {
  if (state === "paging") return "Next";
  return state === "unanswered" ? "Ended" : state === "snoozed" ? "Snoozed" : "Stopped";
}

function endWords(page: PagedDetail): string {
  const { state, next_at: next, acknowledged_at: answered, ended_at: ended } = page;
  const took = acknowledgedAfter(page);
  if (answered !== null && took !== null)
    return `${clockOf(answered, page)}: acknowledged by ${page.acknowledged_by ?? "–"} after ${durationWords(took)}; nobody else is asked.`;
  if (state === "unanswered") return "nobody answered any step, and nobody else is left to page.";
  if (ended !== null) return `${clockOf(ended, page)}: what it was for is resolved.`;
  return next === null
    ? "nobody is asked now."
    : `the next step is taken ${clockOf(next, page)} if nobody acknowledges.`;
}

function sumWords(messages: readonly Message[]): string {
  const people = new Set(messages.map(({ person }) => person)).size;
  return `${countOf(messages.length, "messages")} to ${people === 1 ? "1 person" : countOf(people, "people")}.`;
}
