// What wants attention, in words: edges that fail, what is silent, services that burn. On a narrow screen, all edges.

import { useSilences } from "../../api/queries";
import type { MapEdge, MapNode, ServiceMap, SilenceList } from "../../api/types";
import { Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Sign } from "../../parts/Sign";
import { perSecond } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { lostZoneWords } from "../../words/silence";
import type { Pick } from "./Canvas";
import {
  hurts,
  lookOfEdge,
  lookOfNode,
  nameOf,
  silentWords,
  silentZones,
  troubleWords,
  worstFirst,
} from "./looks";

const SHOWN_MOST = 12;

type Props = { map: ServiceMap; all: boolean; onChoose: (pick: Pick) => void };

export function Attention({ map, all, onChoose }: Props) {
  const edges = worstFirst(map.edges).filter((edge) => all || hurts(edge));
  const shown = all ? edges : edges.slice(0, SHOWN_MOST);
  const lost = useSilences().data?.lost_zones ?? [];
  const nodes = map.nodes.filter((node) => wantsAttention(node, lost));
  return (
    <Panel name={all ? "Calls, the worst first" : "Needs attention"}>
      {shown.length + nodes.length + lost.length === 0 && <Quiet>No edge fails, nothing is silent.</Quiet>}
      <ul className="map-list">
        {shown.map((edge) => (
          <li key={edge.id}>
            <EdgeRow edge={edge} map={map} onChoose={onChoose} />
          </li>
        ))}
        {lost.map((zone) => (
          <li key={`${zone.environment} ${zone.zone}`} className="map-fact tone-warn">
            <Sign sign="triangle" /> <b>{lostZoneWords(zone)}</b>
          </li>
        ))}
        {nodes.map((node) => (
          <li key={node.id}>
            <NodeRow node={node} lost={lost} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      {shown.length < edges.length && (
        <p className="footnote">{edges.length - shown.length} more in the table.</p>
      )}
      {!all && <p className="footnote">Choose an edge or a node to compare it with its usual calls.</p>}
    </Panel>
  );
}

type LostZones = SilenceList["lost_zones"];

/** Not where only a lost zone is silent: that is one fact of its own. */
function isSilentBeside(node: MapNode, lost: LostZones): boolean {
  const isLost = ({ zone }: { zone: string }) => lost.some((one) => one.zone === zone);
  return node.silent_since !== null || !silentZones(node).every(isLost);
}

function wantsAttention(node: MapNode, lost: LostZones): boolean {
  return isSilentBeside(node, lost) || (node.worst_burn_state ?? "quiet") !== "quiet";
}

type NodeProps = { node: MapNode; lost: LostZones; onChoose: (pick: Pick) => void };

function NodeRow({ node, lost, onChoose }: NodeProps) {
  const look = lookOfNode(node);
  const silent = isSilentBeside(node, lost) ? silentWords(node) : null;
  return (
    <button type="button" onClick={() => onChoose({ edge: null, node: node.id })}>
      <span className={`tone-${look.tone}`}>
        <Sign sign={look.sign} />
      </span>
      <b>{nameOf(node)}</b>
      <span className={`tone-${look.tone}`}>{silent ?? look.word}</span>
    </button>
  );
}

function EdgeRow({
  edge,
  map,
  onChoose,
}: {
  edge: MapEdge;
  map: ServiceMap;
  onChoose: (pick: Pick) => void;
}) {
  const look = lookOfEdge(edge);
  const name = (id: string) => {
    const node = map.nodes.find((one) => one.id === id);
    return node ? nameOf(node) : id;
  };
  return (
    <button type="button" onClick={() => onChoose({ edge: edge.id, node: null })}>
      <span className={`tone-${look.tone}`}>
        <Sign sign={look.sign} />
      </span>
      <b>
        {name(edge.source)} → {name(edge.target)}
      </b>
      <span>
        {hurts(edge) && <span className={`tone-${look.tone}`}>{troubleWords(edge)} · </span>}
        {perSecond(edge.rate_per_second)} · {latencyWords(edge.p99_seconds)}
      </span>
    </button>
  );
}
