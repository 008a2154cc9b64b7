// A party that sends no spans: a provider, database, cache or queue, known by what its callers saw of it.

import { useMemo } from "react";
import { Link } from "wouter";
import { Page } from "../app/Page";
import { optional, useSearchState } from "../app/searchState";
import { useMap, useMapAnswers, useMapCalls } from "../api/queries";
import type { CallsOfMap, MapNode, PartyAnswers, ServiceMap } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered, Empty, Quiet } from "../parts/Notice";
import { Panel } from "../parts/Panel";
import { RangePicker } from "../parts/RangePicker";
import { type Cell, Strip } from "../parts/Strip";
import { mapPath, servicesPath, tracesPath } from "../paths";
import { type Range, rangeWords, useRange } from "../range/range";
import { count, countOf, percent, perSecond } from "../words/counts";
import { latencyWords } from "../words/durations";
import { failedOf, failedRatio, judgement } from "./map/judgement";
import { KIND_WORDS, lookOfNode } from "./map/looks";
import { Answers, Asked } from "./party/Asked";
import { PartyCharts } from "./party/Charts";
import { Callers } from "./party/Callers";
import { Incidents } from "./party/Incidents";

const PARENT = { href: servicesPath(), name: "Services" };
const USUAL = "now-5m";
const LONGER: Range = { from: "now-24h", to: "now" };

const PARAMS = { kind: optional };

export default function PartyPage({ name }: { name: string }) {
  const [{ kind }] = useSearchState(PARAMS);
  const { chosen, or } = useRange();
  const looked = or(USUAL);
  const map = useMap(looked, { zone: "", version: "", around: name });
  const node = map.data?.nodes.find(
    (one) => one.name === name && one.kind !== "service" && (kind === null || one.kind === kind),
  );
  const known = node?.kind ?? kind;
  return (
    <Page
      title={name}
      lists="/api/v1/map"
      parent={PARENT}
      beside={[known && (KIND_WORDS[known] ?? known), "known by its callers"].filter(Boolean).join(", ")}
      reads={[map]}
      tools={
        <>
          {node && <Traces node={node} looked={looked} />}
          <Link href={mapPath({ around: name, range: chosen })} className="button only-wide">
            Map around
          </Link>
          <RangePicker usual={USUAL} />
        </>
      }
    >
      <Answered query={map} bones={<PartyBones />}>
        {(data) => (node ? <Known map={data} node={node} looked={looked} /> : <NoCalls name={name} />)}
      </Answered>
    </Page>
  );
}

/** The traces of what failed there most; which operation that is the callers' spans say. */
function Traces({ node, looked }: { node: MapNode; looked: Range }) {
  const found = useMapAnswers(node.id, looked).data;
  const worst = [...(found?.operations ?? [])].sort((one, other) => other.errors - one.errors)[0];
  if (worst === undefined) return null;
  const failed = worst.errors > 0 ? { status: "error" } : {};
  const asked = { service: worst.service, operation: worst.operation, kind: "client", ...failed };
  return (
    <Link href={tracesPath({ ...asked, range: looked })} className="button">
      {worst.errors > 0 ? `Traces of the ${count(worst.errors)}` : "Traces"}
    </Link>
  );
}

type Shown = { map: ServiceMap; node: MapNode; looked: Range };

function Known({ map, node, looked }: Shown) {
  const calls = useMapCalls(looked, { source: "", target: node.id });
  const answers = useMapAnswers(node.id, looked);
  const others = useMemo(
    () =>
      map.edges
        .filter((edge) => edge.target === node.id)
        .sort((one, other) => failedOf(other) - failedOf(one) || other.calls - one.calls),
    [map, node],
  );
  return (
    <>
      <Answered query={calls} bones={<StripBones />}>
        {(data) => (
          <>
            <Strip cells={cellsOf(map, node, data, answers.data, rangeWords(looked))} />
            <PartyCharts calls={data} over={rangeWords(looked)} />
          </>
        )}
      </Answered>
      <div className="grid party-below">
        <Answered query={answers} bones={<RowBones rows={4} />}>
          {(data) => <Asked answers={data} looked={looked} />}
        </Answered>
        <Panel name="Answers" of={rangeWords(looked)}>
          <Answered query={answers} small bones={<RowBones rows={4} />}>
            {(data) => <Answers answers={data} />}
          </Answered>
        </Panel>
      </div>
      <div className="grid party-below">
        <Callers map={map} edges={others} />
        <Incidents name={node.name} />
      </div>
    </>
  );
}

function cellsOf(
  map: ServiceMap,
  node: MapNode,
  calls: CallsOfMap,
  answers: PartyAnswers | undefined,
  over: string,
): Cell[] {
  const { now, usual } = calls;
  const look = lookOfNode(node);
  const worst = [...(answers?.answers ?? [])]
    .filter((one) => one.errors > 0)
    .sort((one, other) => other.errors - one.errors);
  return [
    {
      label: "State",
      value: look.word,
      sign: look.sign,
      tone: look.tone === "ok" ? "plain" : look.tone,
      note: judgement({ kind: "node", id: node.id }, calls, map),
    },
    {
      label: `Calls failed, ${over}`,
      value: `${count(failedOf(now))} of ${count(now.calls)}`,
      note:
        worst.length === 0
          ? percent(failedRatio(now), 2)
          : worst
              .slice(0, 2)
              .map((one) => `${count(one.errors)} × ${one.answer}`)
              .join(", "),
      tone: failedRatio(now) >= 0.01 ? "bad" : "plain",
    },
    {
      label: `p99, ${over}`,
      value: latencyWords(now.p99_seconds),
      note: usual === null ? "no usual yet" : `usual ${latencyWords(usual.p99_seconds)}`,
    },
    {
      label: `Calls, ${over}`,
      value: perSecond(now.rate_per_second),
      note: usual === null ? "no usual yet" : `usual ${perSecond(usual.rate_per_second)}`,
    },
    {
      label: `Retried, ${over}`,
      value: percent(now.calls === 0 ? 0 : now.retries / now.calls, 1),
      note: `${countOf(now.retries, "calls")} again`,
    },
  ];
}

function NoCalls({ name }: { name: string }) {
  const { choose } = useRange();
  return (
    <Empty
      title={`Nobody called ${name} in this range`}
      actions={
        <>
          <button type="button" className="button" onClick={() => choose(LONGER)}>
            Calls of the last 24 h
          </button>
          <Link href={mapPath()} className="button">
            Map
          </Link>
        </>
      }
    >
      It sends no spans: it is known only while others call it.
    </Empty>
  );
}

function PartyBones() {
  return (
    <>
      <StripBones />
      <Quiet>Loading…</Quiet>
    </>
  );
}
