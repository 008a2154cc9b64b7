// The edges: as wide as they are busy, in colour where they fail, each a button from the worst on.

import type { MapEdge, ServiceMap } from "../../api/types";
import { type Way, widthOf } from "./geometry";
import { edgeTitle, hurts, lookOfEdge, nameOf } from "./looks";

const ILL_WIDTH = 2.4;
const TONES = ["ok", "plain", "none", "warn", "bad"] as const;

type Props = {
  edges: readonly MapEdge[];
  ways: ReadonlyMap<string, Way>;
  map: ServiceMap;
  size: { width: number; height: number };
  chosen: { edge: string | null; node: string | null };
  onActive: (id: string | null) => void;
  onChoose: (id: string) => void;
};

export function Edges({ edges, ways, map, size, chosen, onActive, onChoose }: Props) {
  const names = new Map(map.nodes.map((node) => [node.id, nameOf(node)]));
  return (
    <svg className="map-edges" {...size} role="group" aria-label="Edges, the worst first">
      <Arrows />
      {edges.map((edge) => {
        const way = ways.get(edge.id);
        if (!way) return null;
        const name = (id: string) => names.get(id) ?? id;
        return (
          <Edge
            key={edge.id}
            edge={edge}
            path={way.path}
            title={edgeTitle(edge, name(edge.source), name(edge.target))}
            isQueued={map.nodes.some(
              ({ id, kind }) => kind === "queue" && (id === edge.source || id === edge.target),
            )}
            isChosen={edge.id === chosen.edge}
            isNear={edge.source === chosen.node || edge.target === chosen.node}
            onActive={onActive}
            onChoose={onChoose}
          />
        );
      })}
    </svg>
  );
}

type EdgeProps = Pick<Props, "onActive" | "onChoose"> & {
  edge: MapEdge;
  path: string;
  title: string;
  isQueued: boolean;
  isChosen: boolean;
  isNear: boolean;
};

function Edge({ edge, path, title, isQueued, isChosen, isNear, onActive, onChoose }: EdgeProps) {
  const look = lookOfEdge(edge);
  const width = Math.max(hurts(edge) ? ILL_WIDTH : 0, widthOf(edge.rate_per_second));
  const near = isNear ? " map-edge-near" : "";
  return (
    <g
      className={`map-edge map-edge-${look.tone}${near}${isQueued ? " map-edge-queued" : ""}`}
      role="button"
      tabIndex={0}
      aria-label={`${look.word}. ${title}`}
      aria-pressed={isChosen}
      data-edge={edge.id}
      onClick={() => onChoose(edge.id)}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.code === "Space") {
          event.preventDefault();
          onChoose(edge.id);
        }
      }}
      onFocus={() => onActive(edge.id)}
      onBlur={() => onActive(null)}
      onMouseEnter={() => onActive(edge.id)}
      onMouseLeave={() => onActive(null)}
    >
      <title>{title}</title>
      <path d={path} className="map-edge-room" />
      <path
        d={path}
        className="map-edge-line"
        strokeWidth={width}
        markerEnd={`url(#map-arrow-${look.tone})`}
      />
    </g>
  );
}

function Arrows() {
  return (
    <defs>
      {TONES.map((tone) => (
        <marker
          key={tone}
          id={`map-arrow-${tone}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 .5 8 4 0 7.5z" className={`map-arrow map-edge-${tone}`} />
        </marker>
      ))}
    </defs>
  );
}
