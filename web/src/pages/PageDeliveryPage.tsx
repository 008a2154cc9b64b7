// Page delivery: who was asked when, through what, with which answer?

import { Link } from "wouter";
import { useAcknowledgePage, usePaged } from "../api/paging";
import { problemWords } from "../api/problems";
import { useIncident, useSession } from "../api/queries";
import type { PagedDetail } from "../api/types";
import { Page } from "../app/Page";
import { usePhone } from "../app/phone";
import { ActionButton } from "../parts/ActionButton";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { type Cell, Strip } from "../parts/Strip";
import { incidentIn, oncallPath, partPath, referencePath } from "../paths";
import { permittedToAcknowledgePage } from "../states/permissions";
import { PAGE_STATES } from "../states/states";
import { capital, count } from "../words/counts";
import { durationWords } from "../words/durations";
import { clock, when } from "../words/moments";
import { acknowledgedAfter, isUnanswered, policyWords } from "../words/paging";
import { Ladder } from "./delivery/Ladder";
import { Log } from "./delivery/Log";
import { routedWords } from "./delivery/words";

const PARENT = { href: oncallPath(), name: "On-call" };
const BONES_PIXELS = 180;
const BONES_ROWS = 6;

export default function PageDeliveryPage({ id }: { id: number }) {
  const paged = usePaged(id);
  const onPhone = usePhone();
  const acknowledge = useAcknowledgePage(id);
  const page = paged.data;
  const canAnswer = page !== undefined && (isUnanswered(page) || page.state === "snoozed");
  const button = canAnswer && <Acknowledge page={page} acknowledge={acknowledge} />;
  return (
    <Page
      title={`Page ${id}`}
      beside={page?.title}
      parent={PARENT}
      reads={[paged]}
      tools={
        <>
          {page && <About page={page} />}
          {!onPhone && button}
        </>
      }
      foot={onPhone && button ? <div className="thumb-action">{button}</div> : undefined}
    >
      <Answered query={paged} bones={<DeliveryBones />}>
        {(data) => (
          <>
            <Answer acknowledge={acknowledge} page={data} />
            <Strip cells={cellsOf(data)} />
            <div className="grid">
              <LadderOf page={data} />
              <Log page={data} />
              {data.lines.length > 0 && <Says page={data} />}
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

type Acknowledging = ReturnType<typeof useAcknowledgePage>;
type Props = { page: PagedDetail; acknowledge: Acknowledging };

/** Answers the state that is in sight: one that changed meanwhile is shown first. */
function Acknowledge({ page, acknowledge }: Props) {
  const session = useSession();
  return (
    <ActionButton
      words="Acknowledge"
      permission={permittedToAcknowledgePage(session.data, page)}
      primary
      busy={acknowledge.isPending}
      onClick={() => acknowledge.mutate(page.fence)}
    />
  );
}

/** What became of the answer, where the page's state does not say it. */
function Answer({ acknowledge, page }: Props) {
  if (acknowledge.error) {
    const { title, detail, next } = problemWords(acknowledge.error);
    return (
      <p className="refused" role="alert">
        {title}: {detail} {next}
      </p>
    );
  }
  const outcome = acknowledge.data?.outcome;
  if (outcome === undefined || outcome === "done") return null;
  const words = {
    already: `${page.acknowledged_by ?? "Somebody"} had acknowledged before you: nobody else is asked.`,
    over: "What this page was for is resolved: there is nothing left to acknowledge.",
    outdated:
      "The page changed while you looked. Below is how it stands now: acknowledge again if you take it.",
  }[outcome];
  return (
    <p className="callout delivery-answer" role="status">
      {words}
    </p>
  );
}

/** The way to what it is for. */
function About({ page }: { page: PagedDetail }) {
  const href = referencePath(page.reference);
  if (href === null) return null;
  return (
    <Link href={href} className="button">
      {capital(page.reference.replace("/", " "))}
    </Link>
  );
}

/** The steps to come are foreseen by the objective of its incident. */
function LadderOf({ page }: { page: PagedDetail }) {
  const incident = incidentIn(page.href);
  return incident === null ? (
    <Ladder page={page} objective={null} />
  ) : (
    <LadderOfIncident page={page} incident={incident} />
  );
}

function LadderOfIncident({ page, incident }: { page: PagedDetail; incident: number }) {
  return <Ladder page={page} objective={useIncident(incident).data?.objective ?? null} />;
}

function Says({ page }: { page: PagedDetail }) {
  return (
    <Panel name="What it says" of="by the newest facts" id="says">
      <p className="strong">{page.title}</p>
      {page.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Panel>
  );
}

function cellsOf(page: PagedDetail): Cell[] {
  const look = PAGE_STATES[page.state];
  return [
    {
      label: `Page ${page.id}`,
      value: look.word,
      sign: look.sign,
      tone: look.tone,
      note: page.title,
      href: referencePath(page.reference) ?? undefined,
    },
    holderCell(page),
    timeCell(page),
    deliveredCell(page),
    {
      label: "Escalation policy",
      value: policyWords(page.policy),
      note: routedWords(page.reason),
      href: partPath("escalation"),
    },
  ];
}

function holderCell(page: PagedDetail): Cell {
  const label = "Acknowledged by";
  if (page.acknowledged_at !== null)
    return { label, value: page.acknowledged_by ?? "—", note: `at ${when(page.acknowledged_at)}` };
  return isUnanswered(page)
    ? { label, value: "nobody yet", tone: "bad", note: "acknowledge to take it" }
    : { label, value: "nobody", note: "it ended by itself" };
}

function timeCell(page: PagedDetail): Cell {
  const label = "Time to acknowledge";
  const took = acknowledgedAfter(page);
  const began = `began ${when(page.opened_at)}`;
  if (took !== null) return { label, value: durationWords(took), note: began };
  if (!isUnanswered(page)) return { label, value: "—", note: began };
  const open = durationWords((Date.now() - Date.parse(page.opened_at)) / 1000);
  const next = page.next_at === null ? "nobody is left to page" : `next step ${clock(page.next_at)}`;
  return { label, value: `${open} so far`, tone: "bad", note: `${began}; ${next}` };
}

function deliveredCell({ messages }: PagedDetail): Cell {
  const failed = messages.filter(({ state }) => state === "failed");
  const [first] = failed;
  return {
    label: "Not delivered",
    value: `${count(failed.length)} of ${count(messages.length)}`,
    note: first === undefined ? "messages" : `${first.contact} to ${first.person}`,
    href: partPath("log"),
    ...(first === undefined ? {} : { tone: "bad" as const }),
  };
}

function DeliveryBones() {
  return (
    <>
      <StripBones />
      <div className="grid">
        <ChartBones height={BONES_PIXELS} />
      </div>
      <RowBones rows={BONES_ROWS} />
    </>
  );
}
