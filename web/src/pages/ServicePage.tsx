// Service: rate, errors and durations, by operation. Which one of a name is said by environment and namespace.

import { Link } from "wouter";
import { Page } from "../app/Page";
import { useEnvironment } from "../app/environment";
import { optional, useSearchState } from "../app/searchState";
import { isRefused, isUnknown } from "../api/problems";
import { useStatus } from "../api/queries";
import { useService } from "../api/services";
import type { ServiceDetail } from "../api/types";
import { ChartBones, RowBones, StripBones } from "../parts/Bones";
import { Answered, Quiet } from "../parts/Notice";
import { Elsewhere } from "../parts/Elsewhere";
import { Panel } from "../parts/Panel";
import { Picker } from "../parts/Picker";
import { RangePicker } from "../parts/RangePicker";
import { StateChip } from "../parts/StateChip";
import { type Cell, Strip } from "../parts/Strip";
import { logsPath, mapPath, objectivePath, partPath, servicesPath, tracesPath } from "../paths";
import { rangeWords, useRange } from "../range/range";
import { lookOfTrouble, lookOfWorst } from "../states/states";
import { count, countOf, perSecond, percent } from "../words/counts";
import { latencyWords } from "../words/durations";
import { when } from "../words/moments";
import { placeWords, teamWords } from "../words/services";
import { besideSilence, silenceWords, stoppedWords } from "../words/silence";
import { Calls } from "./service/Calls";
import { Charts, CHART_PIXELS } from "./service/Charts";
import { Lately } from "./service/Lately";
import { Namesakes } from "./service/Namesakes";
import { NoSpans } from "./service/NoSpans";
import { Operations } from "./service/Operations";
import { Saturation } from "./service/Saturation";
import { Spread } from "./service/Spread";

const PARENT = { href: servicesPath(), name: "Services" };
const WHICH = { namespace: optional };
const PARAMS = { operation: optional };
const NOW_SECONDS = 300;
const LAST_MINUTES = { from: "now-5m", to: "now" };

export default function ServicePage({ name }: { name: string }) {
  const [environment] = useEnvironment();
  const [{ namespace }] = useSearchState(WHICH);
  return <OneService key={`${environment} ${namespace}`} name={name} namespace={namespace} />;
}

type Named = { name: string; namespace: string | null };

function OneService({ name, namespace }: Named) {
  const looked = useRange().or("now-1h");
  const service = useService(name, namespace, looked);
  const [{ operation }, set] = useSearchState(PARAMS);
  const pick = (value: string) => set({ operation: value });
  const within = service.data?.namespace ?? namespace;
  const several = (useStatus().data?.environments.length ?? 0) > 1;
  return (
    <Page
      title={name}
      lists="/api/v1/services/{name}"
      parent={PARENT}
      before={within ? `${within}/` : undefined}
      beside={(service.data && besideOf(service.data, several)) || rangeWords(looked)}
      reads={[service]}
      tools={
        <>
          {service.data && <Ways service={service.data} />}
          {service.data && service.data.operations.length > 0 && (
            <Picker
              label="Operation"
              value={operation ?? ""}
              options={operationsOf(service.data)}
              onPick={pick}
            />
          )}
          <RangePicker usual="now-1h" compares />
        </>
      }
    >
      {isUnknown(service.error) && service.data === undefined ? (
        <NoSpans name={name} />
      ) : isRefused(service.error) && service.data === undefined ? (
        <Namesakes name={name} refusal={service.error} />
      ) : (
        <Answered query={service} bones={<ServiceBones />}>
          {(data) => <Known service={data} namespace={namespace} operation={operation} onPick={pick} />}
        </Answered>
      )}
    </Page>
  );
}

/** Whose it is and where it runs. */
function besideOf(service: ServiceDetail, several: boolean): string {
  return [teamWords(service), placeWords(service, several)].filter(Boolean).join(" · ");
}

type Shown = {
  service: ServiceDetail;
  namespace: string | null;
  operation: string | null;
  onPick: (operation: string) => void;
};

function Known({ service, namespace, operation, onPick }: Shown) {
  if (service.last_seen === null)
    return (
      <>
        {service.now.reason !== "usual" && <Strip cells={cellsOf(service)} />}
        <NoSpans name={service.name} />
        <div className="grid">
          <Objectives service={service} />
        </div>
      </>
    );
  return (
    <>
      <Strip cells={cellsOf(service)} />
      <Charts name={service.name} namespace={namespace} operation={operation} />
      <div className="grid service-middle">
        <Spread service={service} />
        <Calls service={service} />
        <Saturation service={service} />
      </div>
      <div className="grid service-below">
        <Operations service={service} onPick={onPick} />
        <Objectives service={service} />
        <Lately service={service} />
      </div>
    </>
  );
}

/** The same service elsewhere: what it did, said and stands between. */
function Ways({ service }: { service: ServiceDetail }) {
  const range = useRange().chosen;
  const { name, now } = service;
  const failed = now.errors > 0 ? { status: "error" } : {};
  return (
    <>
      <Link href={tracesPath({ service: name, range: range ?? LAST_MINUTES, ...failed })} className="button">
        {now.errors > 0 ? `Traces of the ${count(now.errors)}` : "Traces"}
      </Link>
      <Link href={logsPath({ where: `service=${name}`, ...range })} className="button">
        Logs
      </Link>
      <Link href={mapPath({ around: name, range })} className="button only-wide">
        Map around
      </Link>
      <Elsewhere of={service} />
    </>
  );
}

function operationsOf({ operations }: ServiceDetail) {
  return [
    { value: "", words: "all" },
    ...operations.map(({ operation }) => ({ value: operation, words: operation })),
  ];
}

function cellsOf(service: ServiceDetail): Cell[] {
  const { now, usual, zones, versions } = service;
  const silence = silenceWords(service);
  const stopped = stoppedWords(service.stopped_instances);
  const look = lookOfTrouble(now.reason, service.worst_burn_state);
  const sentence = now.reason === "zone_silent" ? besideSilence(now.sentence) : now.sentence;
  const usually = usual ? `usual ${perSecond(usual.rate_per_second)}` : "no usual yet";
  return [
    {
      label: "State, last 5 min",
      value: look.word,
      sign: look.sign,
      note: [
        silence,
        sentence === look.word ? !silence && !stopped && usual && `of ${usual.of}` : sentence,
        stopped,
      ]
        .filter(Boolean)
        .join("; "),
      tone: look.tone === "ok" ? "plain" : look.tone,
    },
    failingCell(service),
    {
      label: "Duration p99, last 5 min",
      value: latencyWords(now.p99_seconds),
      note: usual?.p99_seconds == null ? "no usual yet" : `usual ${latencyWords(usual.p99_seconds)}`,
      tone: now.is_slow ? "warn" : "plain",
      href: partPath("duration"),
    },
    {
      label: "Rate, last 5 min",
      value: perSecond(now.requests / NOW_SECONDS),
      note: `${countOf(now.requests, "requests")} · ${usually}`,
      href: partPath("rate"),
    },
    {
      label: versions.length > 1 ? "Versions side by side" : "Version",
      value: versions.join(", ") || "—",
      note: [zones.join(", "), service.last_seen && `seen ${when(service.last_seen)}`]
        .filter(Boolean)
        .join(" · "),
    },
  ];
}

/** What fails by its own spans, or where more calls fail before they reach it, what its callers see. */
function failingCell({ now, usual }: ServiceDetail): Cell {
  const before = now.failed_before;
  const own = `${count(now.errors)} of ${count(now.requests)}`;
  const tone = now.reason === "failing" ? "bad" : "plain";
  if (before !== null)
    return {
      label: "Failing for callers, last 5 min",
      value: `${count(before.failed)} of ${count(before.calls)}`,
      note: `${percent(before.ratio, 2)} before it · itself ${own}`,
      tone,
      href: partPath("calls"),
    };
  const ratio = now.requests === 0 ? "no requests" : percent(now.errors / now.requests, 2);
  return {
    label: "Failing, last 5 min",
    value: own,
    note: [ratio, usual && `usual ${percent(usual.error_ratio, 2)}`].filter(Boolean).join(" · "),
    tone,
    href: partPath("errors"),
  };
}

function Objectives({ service }: { service: ServiceDetail }) {
  return (
    <Panel name="Objectives">
      {service.objectives_list.length === 0 ? (
        <Quiet>{service.name} has no objectives.</Quiet>
      ) : (
        <ul>
          {service.objectives_list.map((objective) => (
            <li
              key={objective.name}
              className="listed"
              style={{ gridTemplateColumns: "minmax(0, 1fr) auto" }}
            >
              <Link href={objectivePath(objective.name)} className="name-link">
                {objective.display_name}
              </Link>
              <StateChip look={lookOfWorst(objective.state, objective.burn_state)} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ServiceBones() {
  return (
    <>
      <StripBones />
      <div className="grid service-charts">
        {["Rate", "Errors", "Duration"].map((name) => (
          <Panel key={name} name={name}>
            <ChartBones height={CHART_PIXELS} />
          </Panel>
        ))}
      </div>
      <RowBones rows={4} />
    </>
  );
}
