// The few figures above the map: where calls fail, which services and zones do, what comes in.

import type { ServiceMap, SilenceList } from "../../api/types";
import type { Cell } from "../../parts/Strip";
import { count, percent, perSecond } from "../../words/counts";
import { zonesWords } from "../../words/silence";
import { failedOf, failedRatio, failingPath } from "./judgement";
import { hurts, lookOfEdge, lookOfNode, nameOf, silentWords, silentZones, worstFirst } from "./looks";

type LostZones = SilenceList["lost_zones"];

export function cellsOf(map: ServiceMap, lost: LostZones = []): Cell[] {
  return [pathCell(map), worstCell(map), servicesCell(map), zonesCell(map, lost), outsideCell(map)];
}

function nameIn(map: ServiceMap, id: string): string {
  const node = map.nodes.find((one) => one.id === id);
  return node ? nameOf(node) : id;
}

function pathCell(map: ServiceMap): Cell {
  const path = failingPath(map.edges);
  const last = path.at(-1);
  if (last === undefined) return { label: "Calls fail at", value: "None", note: "no edge over 1% errors" };
  const note = path.map((id) => nameIn(map, id)).join(" → ");
  return { label: "Calls fail at", value: nameIn(map, last), note, tone: "bad", sign: "square", title: note };
}

function worstCell(map: ServiceMap): Cell {
  const [worst] = worstFirst(map.edges).filter(hurts);
  if (!worst) return { label: "Failing calls", value: "0", note: "on the worst edge" };
  const failed = failedOf(worst);
  return {
    label: "Failing calls",
    value: `${count(failed)} of ${count(worst.calls)}`,
    note: `${percent(failedRatio(worst), 1)}, ${nameIn(map, worst.source)} → ${nameIn(map, worst.target)}`,
    tone: lookOfEdge(worst).tone,
  };
}

function servicesCell(map: ServiceMap): Cell {
  const services = map.nodes.filter((node) => node.kind === "service");
  const bad = services.filter((node) => lookOfNode(node).tone === "bad");
  const warn = services.filter((node) => lookOfNode(node).tone === "warn");
  return {
    label: "Failing services",
    value: `${count(bad.length)} of ${count(services.length)}`,
    note: [bad.map(nameOf).join(", "), warn.length > 0 && `${count(warn.length)} need a look`]
      .filter(Boolean)
      .join("; "),
    tone: bad.length > 0 ? "bad" : "plain",
  };
}

function zonesCell(map: ServiceMap, lostZones: LostZones): Cell {
  // A service that is silent everywhere says nothing of a zone: its callers may have nothing to ask.
  const sending = map.nodes.filter((node) => node.silent_since === null);
  const silent = sending.filter((node) => silentWords(node) !== null);
  const lost = new Set(
    sending
      .flatMap((node) => node.zones.filter((zone) => zone.silent_since !== null))
      .map(({ name }) => name),
  );
  const zones = new Set([...map.zones, ...lost]);
  return {
    label: "Zones",
    value:
      lost.size === 0 ? count(zones.size) : `${count(zones.size - lost.size)} of ${count(zones.size)} whole`,
    note:
      zonesWords(
        lostZones,
        silent.map((node) => ({ name: nameOf(node), silent_zones: silentZones(node) })),
      ) || "all send",
    tone: silent.length > 0 ? "warn" : "plain",
  };
}

function outsideCell(map: ServiceMap): Cell {
  const edges = map.edges.filter((edge) => edge.source.split("?")[0] === "ingress");
  const rate = edges.reduce((sum, edge) => sum + edge.rate_per_second, 0);
  return {
    label: "Calls from outside",
    value: perSecond(rate),
    note: edges.map((edge) => nameIn(map, edge.target)).join(", "),
  };
}
