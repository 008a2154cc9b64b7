// Callers that send no spans: a word above the node they call, which chooses the edge.

import type { ServiceMap } from "../../api/types";
import { perSecond } from "../../words/counts";
import { boxOf, GAP } from "./geometry";
import type { Slots } from "./slots";

const WORDS: Readonly<Record<string, string>> = { ingress: "from outside", unknown: "not traced" };

type Props = { map: ServiceMap; slots: Slots; onChoose: (edge: string) => void };

export function Outside({ map, slots, onChoose }: Props) {
  const kinds = new Map(map.nodes.map((node) => [node.id, node.kind]));
  const targets = new Map<string, ServiceMap["edges"]>();
  for (const edge of map.edges) {
    if (WORDS[kinds.get(edge.source) ?? ""] === undefined) continue;
    targets.set(edge.target, [...(targets.get(edge.target) ?? []), edge]);
  }
  return [...targets].map(([id, [edge]]) => {
    const slot = slots.get(id);
    if (!slot || !edge) return null;
    const { x, y } = boxOf(slot);
    return (
      <button
        key={id}
        type="button"
        className="map-outside"
        style={{ left: x, top: y - GAP.y + 2 }}
        onClick={() => onChoose(edge.id)}
      >
        → {perSecond(edge.rate_per_second)} {WORDS[kinds.get(edge.source) ?? ""]}
      </button>
    );
  });
}
