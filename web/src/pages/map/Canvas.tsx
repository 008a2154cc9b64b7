// The drawing: React Flow over places that ELK found. Loaded when the map is first looked at.

import "@xyflow/react/dist/base.css";
import {
  Background,
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { Link } from "wouter";
import type { MapEdge, MapNode, ServiceMap } from "../../api/types";
import { ChartBones } from "../../parts/Bones";
import { Sign } from "../../parts/Sign";
import { servicePath } from "../../paths";
import type { Range } from "../../range/range";
import { percent, perSecond } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { type Layout, NODE_HEIGHT, NODE_WIDTH, NOWHERE, placed, type Route } from "./layout";
import { edgeTitle, edgeWords, failedWords, KIND_WORDS, lookOfCalls, lookOfNode, nameOf } from "./looks";
import { rounded } from "./path";

type Shown = { node: MapNode; range: Range | null };
type ShownNode = Node<Shown, "shown">;
type ShownEdge = Edge<{ edge: MapEdge; title: string; route: Route | undefined }, "shown">;

/** Places outlive the page: who comes back finds every node where it was. */
let remembered = NOWHERE;

type Props = { map: ServiceMap; range: Range | null };

export default function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ map, range }: Props) {
  const { layout, arrange } = useLayout(map);
  const nodes = useMemo(() => nodesOf(map, layout, range), [map, layout, range]);
  const edges = useMemo(() => edgesOf(map, layout), [map, layout]);
  if (nodes.length === 0) return <ChartBones height={420} />;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODES}
      edgeTypes={EDGES}
      fitView
      fitViewOptions={FIT}
      minZoom={0.2}
      maxZoom={1.5}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      zoomOnScroll={false}
      panOnScroll
      preventScrolling={false}
    >
      <Background gap={24} size={1} />
      <Tools onArrange={arrange} />
    </ReactFlow>
  );
}

// A first look shows words a person can read, even where a large map then goes beyond the edges.
const FIT = { padding: 0.03, maxZoom: 1, minZoom: 0.5 };
const SHOW_ALL = { padding: 0.03, maxZoom: 1 };

function useLayout(map: ServiceMap): { layout: Layout; arrange: () => void } {
  const [layout, setLayout] = useState(remembered);
  const [turn, setTurn] = useState(0);
  const shape = map.nodes.map((node) => node.id).join(" ");
  const place = useEffectEvent(() =>
    placed({ nodes: map.nodes.map((node) => node.id), edges: map.edges }, remembered),
  );
  useEffect(() => {
    let current = true;
    void place().then((found) => {
      remembered = found;
      if (current) setLayout(found);
    });
    return () => {
      current = false;
    };
    // Numbers change every few seconds; only what there is to place decides.
  }, [shape, turn]);
  const arrange = () => {
    remembered = NOWHERE;
    setTurn(turn + 1);
  };
  return { layout, arrange };
}

/** React Flow lets nothing through to nodes that can be neither moved nor chosen; ours hold links. */
const CLICKABLE = { pointerEvents: "all" } as const;

function nodesOf(map: ServiceMap, { places }: Layout, range: Range | null): ShownNode[] {
  return map.nodes.flatMap((node) => {
    const position = places.get(node.id);
    if (!position) return [];
    return [
      {
        id: node.id,
        type: "shown" as const,
        position,
        data: { node, range },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        style: CLICKABLE,
      },
    ];
  });
}

function edgesOf(map: ServiceMap, { routes }: Layout): ShownEdge[] {
  const names = new Map(map.nodes.map((node) => [node.id, nameOf(node)]));
  return map.edges.map((edge) => ({
    id: edge.id,
    type: "shown" as const,
    source: edge.source,
    target: edge.target,
    data: {
      edge,
      title: edgeTitle(edge, names.get(edge.source) ?? "", names.get(edge.target) ?? ""),
      route: routes.get(edge.id),
    },
    markerEnd: {
      type: MarkerType.ArrowClosed,
      width: 14,
      height: 14,
      color: `var(--edge-${lookOfCalls(edge).tone})`,
    },
  }));
}

function NodeCard({ data: { node, range } }: NodeProps<ShownNode>) {
  const look = lookOfNode(node);
  const name = nameOf(node);
  const isService = node.kind === "service";
  return (
    <div className={`map-node map-node-${look.tone}${isService ? "" : " map-node-store"}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="map-node-head">
        <span className={`tone-${look.tone}`} title={look.word}>
          <Sign sign={look.sign} />
          <span className="hidden-words">{look.word}</span>
        </span>
        {isService ? (
          <Link href={servicePath(node, range)} className="map-name nodrag nopan">
            {name}
          </Link>
        ) : (
          <span className="map-name">{name}</span>
        )}
      </div>
      <div className="map-node-foot">{node.calls === 0 ? KIND_WORDS[node.kind] : footOf(node)}</div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function footOf(node: MapNode): string {
  const kind = node.kind === "service" ? [] : [KIND_WORDS[node.kind] ?? node.kind];
  const failed =
    node.errors + node.proxy_errors > 0
      ? [`${percent(Math.max(node.error_ratio ?? 0, node.proxy_error_ratio ?? 0), 2)} failed`]
      : [];
  return [...kind, perSecond(node.rate_per_second), ...failed, latencyWords(node.p99_seconds)].join(" · ");
}

function CallEdge({ data, markerEnd, ...ends }: EdgeProps<ShownEdge>) {
  const [straight, middleX, middleY] = getBezierPath(ends);
  if (!data) return null;
  const path = data.route ? rounded(data.route.corners) : straight;
  const { x, y } = data.route?.words ?? { x: middleX, y: middleY };
  const look = lookOfCalls(data.edge);
  const isIll = look.tone === "warn" || look.tone === "bad";
  return (
    <>
      <BaseEdge
        path={path}
        {...(markerEnd === undefined ? {} : { markerEnd })}
        className={`map-edge map-edge-${look.tone}${data.edge.is_settling ? " map-edge-settling" : ""}`}
      />
      <EdgeLabelRenderer>
        <div
          className={`map-label map-label-${look.tone}`}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          title={data.title}
        >
          <div>{edgeWords(data.edge)}</div>
          {isIll && (
            <div className="map-ill">
              <Sign sign={look.sign} />
              <span className="hidden-words">{look.word}: </span>
              {failedWords(data.edge)}
            </div>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}

const NODES = { shown: NodeCard };
const EDGES = { shown: CallEdge };

function Tools({ onArrange }: { onArrange: () => void }) {
  const flow = useReactFlow();
  return (
    <div className="map-tools">
      <button
        type="button"
        className="button"
        onClick={() => void flow.zoomIn()}
        aria-label="Closer"
        title="Closer"
      >
        +
      </button>
      <button
        type="button"
        className="button"
        onClick={() => void flow.zoomOut()}
        aria-label="Farther"
        title="Farther"
      >
        −
      </button>
      <button type="button" className="button" onClick={() => void flow.fitView(SHOW_ALL)}>
        Show all
      </button>
      <button
        type="button"
        className="button"
        title="Places every node again; otherwise nodes stay where they are"
        onClick={() => {
          onArrange();
          setTimeout(() => void flow.fitView(SHOW_ALL), 400);
        }}
      >
        Rearrange
      </button>
    </div>
  );
}
