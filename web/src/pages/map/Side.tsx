// What is chosen on the map: now against usual, the last hour, by zone and version, what it means, where to go on.

import { useMapCalls } from "../../api/queries";
import type { CallsOfMap, MapEdge, MapNode, ServiceMap } from "../../api/types";
import { TimeChart } from "../../charts/TimeChart";
import { ChartBones } from "../../parts/Bones";
import { Meter } from "../../parts/Meter";
import { Answered, Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { StateChip } from "../../parts/StateChip";
import { type Range, useRange } from "../../range/range";
import { count } from "../../words/counts";
import { durationWords } from "../../words/durations";
import { clock } from "../../words/moments";
import { stoppedWords } from "../../words/silence";
import type { Pick } from "./Canvas";
import { Compared, countedWords } from "./Compared";
import { type Chosen, failedOf, failedRatio, judgement } from "./judgement";
import { effectWords, KIND_WORDS, lookOfEdge, lookOfNode, nameOf, silentWords } from "./looks";
import { Ways } from "./Ways";

const CHART_PIXELS = 132;

type Props = {
  map: ServiceMap;
  chosen: Pick;
  range: Range;
  onClose: () => void;
  onAround: (name: string) => void;
};

export function Side({ map, chosen, range, onClose, onAround }: Props) {
  const edge = map.edges.find(({ id }) => id === chosen.edge);
  const node = map.nodes.find(({ id }) => id === chosen.node);
  const nodeOf = (id: string) => map.nodes.find((one) => one.id === id);
  if (!edge && !node) return <Gone onClose={onClose} />;
  const ends = edge ? [nodeOf(edge.source), nodeOf(edge.target)] : [node];
  const known = ends.filter((one): one is MapNode => one !== undefined);
  return (
    <div className="map-side">
      <Panel name={known.map(nameOf).join(" → ")} aside={<Close onClose={onClose} />}>
        <p className="map-side-kind">{known.map(({ kind }) => KIND_WORDS[kind] ?? kind).join(" → ")}</p>
        <Standing edge={edge} node={node} />
        <Figures
          map={map}
          chosen={edge ? { kind: "edge", edge } : { kind: "node", id: node?.id ?? "" }}
          range={range}
        />
        <Ways edge={edge} ends={known} range={range} onAround={onAround} />
      </Panel>
    </div>
  );
}

function Gone({ onClose }: { onClose: () => void }) {
  return (
    <div className="map-side">
      <Panel name="No calls" aside={<Close onClose={onClose} />}>
        <Quiet>What the address names has no calls in this range. Choose a longer one.</Quiet>
      </Panel>
    </div>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  return (
    <button type="button" className="map-close" onClick={onClose}>
      <kbd>Esc</kbd> closes
    </button>
  );
}

function Standing({ edge, node }: { edge: MapEdge | undefined; node: MapNode | undefined }) {
  const silent = node ? silentWords(node) : null;
  const effect = node ? effectWords(node) : null;
  const stopped = stoppedWords(node?.stopped_instances ?? null);
  if (!edge && !node) return null;
  return (
    <p className="map-side-state">
      <StateChip look={edge ? lookOfEdge(edge) : lookOfNode(node as MapNode)} />
      {silent && <span className="tone-warn">{silent}</span>}
      {effect && <span className="muted">{effect}</span>}
      {stopped && <span className="muted">{stopped}</span>}
    </p>
  );
}

/** A node that nobody calls is shown by the calls it makes. */
function askedOf(chosen: Chosen, map: ServiceMap): { source: string; target: string } {
  if (chosen.kind === "edge") return { source: chosen.edge.source, target: chosen.edge.target };
  const isCalled = map.edges.some(({ target }) => target === chosen.id);
  return isCalled ? { source: "", target: chosen.id } : { source: chosen.id, target: "" };
}

function Figures({ map, chosen, range }: { map: ServiceMap; chosen: Chosen; range: Range }) {
  const found = useMapCalls(range, askedOf(chosen, map));
  return (
    <Answered query={found} small bones={<ChartBones height={260} />}>
      {(calls) => (
        <>
          <p className="callout map-judgement">{judgement(chosen, calls, map)}</p>
          <Compared calls={calls} />
          <Hour calls={calls} />
          <Parts calls={calls} />
        </>
      )}
    </Answered>
  );
}

/** "1 h up to 09:52": the chart begins earlier than the figures above it. */
function chartedWords({ times_epoch: times, step_seconds: step }: CallsOfMap): string {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) return "";
  return `${durationWords(last + step - first)} up to ${clock(new Date((last + step) * 1000))}`;
}

/** The share that failed; where nothing did, the calls. */
function Hour({ calls: found }: { calls: CallsOfMap }) {
  const range = useRange();
  const failed = found.errors.map((errors, index) => errors + (found.proxy_errors[index] ?? 0));
  const isIll = failed.some((one) => one > 0);
  const values = found.calls.map((calls, index) =>
    isIll ? (calls === 0 ? null : (failed[index] ?? 0) / calls) : calls / found.step_seconds,
  );
  const name = isIll ? "Failed" : "Rate";
  return (
    <section className="map-part" aria-label={`${name}, over time`}>
      <h3>
        {name} <span>{chartedWords(found)}</span>
      </h3>
      <TimeChart
        label={name}
        times={found.times_epoch}
        unit={isIll ? "ratio" : "per_second"}
        least={isIll ? 0.01 : 1}
        height={CHART_PIXELS}
        lines={[{ label: name.toLowerCase(), colour: isIll ? "bad" : "accent", filled: true, values }]}
        onBrush={range.brush}
      />
    </section>
  );
}

function Parts({ calls }: { calls: CallsOfMap }) {
  const over = countedWords(calls);
  const whose = calls.parts_are_of === "source" ? "caller’s " : "";
  return (
    <>
      <PartList name={`By ${whose}zone`} over={over} parts={calls.zones} />
      <PartList name={`By ${whose}version`} over={over} parts={calls.versions} />
    </>
  );
}

type PartsShown = { name: string; over: string; parts: CallsOfMap["zones"] };

function PartList({ name, over, parts }: PartsShown) {
  if (parts.length === 0) return null;
  return (
    <section className="map-part" aria-label={name}>
      <h3>
        {name} <span>{over}</span>
      </h3>
      <ul className="map-parts">
        {parts.map((part) => (
          <li key={part.name}>
            <span>{part.name}</span>
            <Meter ratio={failedRatio(part)} tone={failedOf(part) > 0 ? "bad" : "plain"} />
            <span className="number">
              {count(failedOf(part))} of {count(part.calls)} failed
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
