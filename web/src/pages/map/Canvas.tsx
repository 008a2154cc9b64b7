// The drawing: nodes in their slots, edges between them, words only where an edge wants attention or is looked at.

import { useElementSize, useMergedRef } from "@mantine/hooks";
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState } from "react";
import type { MapEdge, ServiceMap } from "../../api/types";
import { typing } from "../../app/keys";
import { Edges } from "./Edges";
import { boxOf, labelBoxes, sizeOf, waysOf } from "./geometry";
import { edgeLines, hurts, lookOfEdge, worstFirst, zoneLetters } from "./looks";
import { NodeBox } from "./NodeBox";
import { Outside } from "./Outside";
import { keepSlots, keptSlots } from "./places";
import { type Slots, slotsFor } from "./slots";
import { useArrows } from "./useArrows";
import { Sign } from "../../parts/Sign";

/** Below this a fitted drawing does not shrink: its words would be smaller than 12 px on edges and 11 px in nodes. */
const FIT_LEAST = 0.925;
const SCALES = { least: 0.4, most: 1.6, step: 1.2 } as const;
const LINE_PIXELS = 16;
const LABEL_PIXELS = 4;

export type Pick = { edge: string | null; node: string | null };
type Props = {
  map: ServiceMap;
  environment: string | null;
  /** Whether nothing is filtered out; only then the places are kept. */
  isWhole: boolean;
  chosen: Pick;
  onChoose: (pick: Pick) => void;
};

export default function Canvas({ map, environment, isWhole, chosen, onChoose }: Props) {
  const { slots, rearrange } = useSlots(map, environment, isWhole);
  const drawn = useDrawing(map, slots);
  const { measure, frame, scale, zoom, reset } = useFit(drawn.size.width);
  const [active, setActive] = useState<string | null>(null);
  const { edges, ways } = drawn;
  const spoken = edges.filter((edge) => hurts(edge) || edge.id === chosen.edge || edge.id === active);
  const labels = labelBoxes(
    [...spoken.filter(hurts), ...spoken.filter((edge) => !hurts(edge))].flatMap((edge) => {
      const way = ways.get(edge.id);
      return way ? [{ id: edge.id, way, height: edgeLines(edge).length * LINE_PIXELS + LABEL_PIXELS }] : [];
    }),
  );
  useStart(frame, edges, slots, scale);
  // After the start, which it moves on from.
  useIntoView(frame, chosen);
  useArrows(frame, drawn.slots, edges);
  return (
    <>
      <div className="map-frame" ref={measure} role="group" aria-label={LABEL}>
        <div style={{ width: drawn.size.width * scale, height: drawn.size.height * scale }}>
          <div className="map-plane" style={{ ...drawn.size, transform: `scale(${scale})` }}>
            <Edges
              edges={edges}
              ways={ways}
              map={map}
              size={drawn.size}
              chosen={chosen}
              onActive={setActive}
              onChoose={(edge) => onChoose({ edge, node: null })}
            />
            {spoken.map((edge) => {
              const box = labels.get(edge.id);
              return box && <EdgeLabel key={edge.id} edge={edge} box={box} />;
            })}
            <Outside map={map} slots={slots} onChoose={(edge) => onChoose({ edge, node: null })} />
            {map.nodes.map((node) => {
              const slot = slots.get(node.id);
              return (
                slot && (
                  <NodeBox
                    key={node.id}
                    node={node}
                    box={boxOf(slot)}
                    letters={drawn.letters}
                    isChosen={node.id === chosen.node}
                    onChoose={() => onChoose({ edge: null, node: node.id })}
                  />
                )
              );
            })}
          </div>
        </div>
      </div>
      <Tools zoom={zoom} reset={reset} onRearrange={rearrange} />
    </>
  );
}

const LABEL =
  "Map of calls. Tab walks along the edges from the worst, arrows go from node to node; v shows the same as a table.";

function useSlots(map: ServiceMap, environment: string | null, isWhole: boolean) {
  const [, setTurn] = useState(0);
  const kept = keptSlots(environment);
  const slots = slotsFor(map.nodes, map.edges, kept);
  useEffect(() => {
    if (isWhole && slots !== kept) keepSlots(environment, slots);
  }, [isWhole, slots, kept, environment]);
  const rearrange = () => {
    keepSlots(environment, new Map());
    setTurn((turn) => turn + 1);
  };
  return { slots, rearrange };
}

function useDrawing(map: ServiceMap, slots: Slots) {
  return useMemo(() => {
    const ids = new Set(map.nodes.map(({ id }) => id));
    const shown = [...slots].filter(([id]) => ids.has(id));
    const last = Math.max(...shown.map(([, { column }]) => column));
    const inLast = (id: string) => slots.get(id)?.column === last;
    return {
      slots: new Map(shown),
      edges: worstFirst(map.edges.filter(({ source, target }) => slots.has(source) && slots.has(target))),
      ways: waysOf(map.edges, slots),
      size: sizeOf(
        shown.map(([, slot]) => slot),
        map.edges.some(({ source, target }) => inLast(source) && inLast(target)),
      ),
      letters: zoneLetters(map.zones),
    };
  }, [map, slots]);
}

/** The scale: fitted to the width until somebody changes it, and fitted again on demand. */
function useFit(width: number) {
  const size = useElementSize();
  const [frame, setFrame] = useState<HTMLDivElement | null>(null);
  const measure = useMergedRef(size.ref, setFrame);
  const [chosen, setChosen] = useState<number | null>(null);
  const fitted = size.width === 0 ? 1 : Math.min(1, Math.max(FIT_LEAST, size.width / width));
  const scale = chosen ?? fitted;
  const zoom = (times: number) => setChosen(Math.min(SCALES.most, Math.max(SCALES.least, scale * times)));
  const reset = () => setChosen(null);
  return { measure, frame, scale, zoom, reset };
}

/** What is chosen elsewhere, or by its address, comes into view; nothing moves where it is in view already. */
function useIntoView(frame: HTMLDivElement | null, { edge, node }: Pick) {
  useEffect(() => {
    if (edge === null && node === null) return;
    const element = frame?.querySelector('[aria-pressed="true"]');
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [frame, edge, node]);
}

/** A map larger than its frame begins at its worst edge, or at its gateways, and never at empty space. */
function useStart(frame: HTMLDivElement | null, edges: readonly MapEdge[], slots: Slots, scale: number) {
  const start = useEffectEvent(() => {
    const slot = slots.get(edges[0]?.source ?? "");
    if (!slot || !frame) return;
    const { x, y } = boxOf(slot);
    frame.scrollTo(x * scale - frame.clientWidth / 2, y * scale - frame.clientHeight / 2);
  });
  const count = edges.length;
  useEffect(() => start(), [frame, count]);
}

type ToolsProps = { zoom: (times: number) => void; reset: () => void; onRearrange: () => void };

function Tools({ zoom, reset, onRearrange }: ToolsProps) {
  const fit = useEffectEvent(reset);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "f" && !typing(event)) fit();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="map-tools">
      <span className="map-legend">
        dashed: queued or outside · <s>c</s> a silent zone
      </span>
      <Tool label="Closer" onPress={() => zoom(SCALES.step)}>
        +
      </Tool>
      <Tool label="Farther" onPress={() => zoom(1 / SCALES.step)}>
        −
      </Tool>
      <Tool onPress={reset}>
        Fit <kbd>f</kbd>
      </Tool>
      <Tool title="Places every node again; otherwise nodes stay where they are" onPress={onRearrange}>
        Rearrange
      </Tool>
    </div>
  );
}

type ToolProps = { label?: string; title?: string; onPress: () => void; children: ReactNode };

function Tool({ label, title, onPress, children }: ToolProps) {
  return (
    <button
      type="button"
      className="button button-small"
      aria-label={label}
      title={title ?? label}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

type LabelProps = { edge: MapEdge; box: { x: number; y: number; width: number; height: number } };

/** The edge says the same to a screen reader. */
function EdgeLabel({ edge, box: { x, y, width, height } }: LabelProps) {
  const look = lookOfEdge(edge);
  const [first, ...rest] = edgeLines(edge);
  return (
    <div
      className={`map-label map-label-${look.tone}`}
      style={{ left: x, top: y, width, height }}
      aria-hidden="true"
    >
      <div>
        <b>
          {hurts(edge) && <Sign sign={look.sign} />} {first}
        </b>
        {rest.map((line) => (
          <span key={line}>{line}</span>
        ))}
      </div>
    </div>
  );
}
