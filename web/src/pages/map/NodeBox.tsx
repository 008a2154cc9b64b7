// A node: its name and zones, its rate with p99 or what fails, its version or what it is.

import type { ReactNode } from "react";
import type { MapNode } from "../../api/types";
import { Sign } from "../../parts/Sign";
import { perSecond, share } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import type { Box } from "./geometry";
import {
  effectWords,
  failedWords,
  fitting,
  KIND_WORDS,
  lookOfCalls,
  lookOfNode,
  nameOf,
  silentWords,
} from "./looks";

/** As many letters as fit a line of a node. */
const NAME_MOST = 18;
const NAME_LINES = 2;
const VERSION_MOST = 22;
const HALF_MOST = 9;
const ZONES_MOST = 4;
const BREAKS = /[\s\-/_.]/;

type Props = {
  node: MapNode;
  box: Box;
  letters: ReadonlyMap<string, string>;
  isChosen: boolean;
  onChoose: () => void;
};

export function NodeBox({ node, box, letters, isChosen, onChoose }: Props) {
  const look = lookOfNode(node);
  const alone = NAME_MOST - (look.tone === "ok" ? 0 : 2);
  const most = alone - (node.zones.length > 0 ? 4 : 0);
  const isLong = nameOf(node).length > most;
  const zones = <Zones node={node} letters={letters} />;
  // A word that does not fit beside the zones is not broken: they stand below it.
  const longest = Math.max(
    ...nameOf(node)
      .split(BREAKS)
      .map((part) => part.length),
  );
  const isBelow = longest > most && longest <= alone;
  const isOneLine = nameOf(node).length <= alone;
  return (
    <button
      type="button"
      className={`map-node map-node-${look.tone} map-kind-${node.kind}`}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
      aria-pressed={isChosen}
      data-node={node.id}
      title={titleOf(node)}
      onClick={onChoose}
    >
      <span className="map-node-head">
        {look.tone !== "ok" && (
          <span className={look.tone === "plain" ? "muted" : `tone-${look.tone}`}>
            <Sign sign={look.sign} />
          </span>
        )}
        <b className="map-name">
          <span className="hidden-words">{look.word}: </span>
          {fitting(nameOf(node), most * NAME_LINES - 2)}
        </b>
        {!isBelow && zones}
      </span>
      <Figures node={node} beside={isBelow && !isOneLine && silentWords(node) === null ? zones : null} />
      {isBelow && isOneLine && (
        <span className="map-node-line">
          {zones}
          <span className="map-version">{fitting(node.versions[0]?.name ?? "", HALF_MOST)}</span>
        </span>
      )}
      {!isLong && <Foot node={node} />}
    </button>
  );
}

function titleOf(node: MapNode): string {
  const versions = node.versions.map(({ name }) => name).join(", ");
  return [nameOf(node), silentWords(node) ?? effectWords(node), versions && `version ${versions}`]
    .filter(Boolean)
    .join("\n");
}

function Figures({ node, beside }: { node: MapNode; beside: ReactNode }) {
  const failed = failedWords(node);
  const silent = silentWords(node)?.replace(/ since \S+$/, "");
  if (node.calls === 0 && !silent) return <span className="map-node-line">{KIND_WORDS[node.kind]}</span>;
  return (
    <span className="map-node-line">
      <span>
        {perSecond(node.rate_per_second)} ·{" "}
        {failed ? (
          <b className={`tone-${lookOfCalls(node).tone}`}>{failed}</b>
        ) : silent ? (
          <b className="tone-warn">{fitting(silent, VERSION_MOST - 6)}</b>
        ) : (
          latencyWords(node.p99_seconds)
        )}
      </span>
      {beside}
    </span>
  );
}

function Foot({ node }: { node: MapNode }) {
  const isIll = failedWords(node) !== null || silentWords(node) !== null;
  const p99 = isIll && node.p99_seconds !== null ? `p99 ${latencyWords(node.p99_seconds)}` : "";
  if (node.kind !== "service") return <span className="map-node-line">{p99 || KIND_WORDS[node.kind]}</span>;
  const [first, second] = [...node.versions].sort((one, other) => other.calls - one.calls);
  if (first && second && !p99) return <Split versions={[first, second]} />;
  const most = p99 ? HALF_MOST : VERSION_MOST;
  return (
    <span className="map-node-line">
      {p99 && <span>{p99}</span>}
      {first && <span className="map-version">{fitting(first.name, most)}</span>}
      {second && <span className="map-version">+1</span>}
    </span>
  );
}

type Part = MapNode["versions"][number];

/** Two versions at once: their shares of the calls, in words and as a bar. */
function Split({ versions: [first, second] }: { versions: readonly [Part, Part] }) {
  const calls = first.calls + second.calls;
  const ratio = calls === 0 ? 0 : second.calls / calls;
  return (
    <>
      <span className="map-node-line">
        <span>
          {fitting(first.name, HALF_MOST)} {share(1 - ratio)} · {fitting(second.name, HALF_MOST - 2)}{" "}
          {share(ratio)}
        </span>
      </span>
      <span className="map-split" aria-hidden="true">
        <i style={{ width: `${ratio * 100}%` }} />
      </span>
    </>
  );
}

function Zones({ node, letters }: { node: MapNode; letters: ReadonlyMap<string, string> }) {
  const zones = node.zones.map((zone) => ({ ...zone, letter: letters.get(zone.name) ?? zone.name }));
  if (zones.length === 0) return null;
  const isShort = zones.length <= ZONES_MOST && zones.every(({ letter }) => letter.length === 1);
  const lost = zones.filter((zone) => zone.silent_since !== null).length;
  if (!isShort)
    return (
      <span className="map-zones">
        {lost > 0 ? `${zones.length - lost} of ${zones.length}` : zones.length} zones
      </span>
    );
  return (
    <span className="map-zones" aria-label={`zones ${zones.map(({ name }) => name).join(", ")}`} role="img">
      {zones.map((zone) =>
        zone.silent_since === null ? (
          <span key={zone.name}>{zone.letter}</span>
        ) : (
          <s key={zone.name}>{zone.letter}</s>
        ),
      )}
    </span>
  );
}
