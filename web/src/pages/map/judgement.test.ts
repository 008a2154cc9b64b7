import { expect, test } from "vitest";
import type { CallsOfMap, MapEdge, ServiceMap } from "../../api/types";
import { failingPath, judgement } from "./judgement";
import { zoneLetters } from "./looks";

const NONE = {
  calls: 0,
  rate_per_second: 0,
  errors: 0,
  error_ratio: null,
  proxy_errors: 0,
  proxy_error_ratio: null,
};
const TIMES = { p50_seconds: 0.02, p90_seconds: 0.03, p99_seconds: 0.1 };

function counted(calls: number, errors = 0, mesh = 0) {
  return {
    ...NONE, ...TIMES, calls, errors, proxy_errors: mesh, rate_per_second: calls / 300, retries: 0,
    error_ratio: calls ? errors / calls : null, proxy_error_ratio: calls ? mesh / calls : null,
  }; // prettier-ignore
}

function edge(words: string, calls: number, errors = 0, mesh = 0): MapEdge {
  const [source = "", target = ""] = words.split(" ");
  return {
    id: `${source}>${target}`,
    source,
    target,
    origins: [],
    is_settling: false,
    ...counted(calls, errors, mesh),
  };
}

function mapOf(edges: MapEdge[]): ServiceMap {
  const names = [...new Set(edges.flatMap(({ source, target }) => [source, target]))];
  const nodes = names.map((name) => ({
    id: name, kind: "service", name, label: name, display_name: name, environment: "", namespace: "", team: null,
    tier: null, objectives: 0, worst_state: null, worst_burn_state: null, reason: "usual", sentence: "as usual", zones: [], versions: [], silent_since: null, idle: null, stopped_instances: null,
    ...counted(1),
  })); // prettier-ignore
  return {
    settled_until: null, settling_since: null, environments: [], namespaces: [], regions: [], zones: [], versions: [],
    nodes, edges,
  }; // prettier-ignore
}

const part = (name: string, calls: number, errors: number) => ({ name, ...counted(calls, errors) });

const USUAL = { calls: 100, rate_per_second: 1 / 3, error_ratio: 0, p99_seconds: 0.1, of: "the same hour" };

function found(now: ReturnType<typeof counted>, more: Partial<CallsOfMap> = {}): CallsOfMap {
  return {
    start: "", end: "", now, usual: USUAL, reason: "usual", sentence: "as usual", parts_are_of: "target", zones: [],
    versions: [], step_seconds: 60, times_epoch: [], calls: [], errors: [], proxy_errors: [], p99_seconds: [],
    usual_series: null, usual_begins: null, ...more,
  }; // prettier-ignore
}

const BAD = edge("checkout payline", 141, 84);
const MAP = mapOf([
  edge("gateway checkout", 300, 84),
  BAD,
  edge("refunds payline", 40),
  edge("checkout cart", 200),
]);

test("what fails is named with its share, and what its other callers see", () => {
  expect(judgement({ kind: "edge", edge: BAD }, found(counted(141, 84)), MAP)).toBe(
    "payline fails 59.5% of checkout’s calls; its other callers are as usual.",
  );
});

test("the mesh is named where it failed the calls, and the target where all its callers see it", () => {
  const one = edge("checkout payment", 100, 0, 9);
  const map = mapOf([one, edge("refunds payment", 50, 8)]);
  expect(judgement({ kind: "edge", edge: one }, found(counted(100, 0, 9)), map)).toBe(
    "The mesh before payment fails 9% of checkout’s calls; so do those of refunds.",
  );
});

test("failures of one zone or one version are named, failures of all are called the same", () => {
  const zones = [part("zone-a", 50, 30), part("zone-b", 50, 0), part("zone-c", 3, 3)];
  const even = [part("zone-a", 50, 30), part("zone-b", 50, 29)];
  const versions = [part("1.9", 90, 0), part("2.0", 30, 20)];
  const chosen = { kind: "node", id: "payline" } as const;
  const said = (more: Partial<CallsOfMap>) => judgement(chosen, found(counted(100, 40), more), MAP);
  expect(said({ zones })).toBe("payline fails 40% of the calls to it. It is zone zone-a.");
  expect(said({ zones: even, versions })).toBe("payline fails 40% of the calls to it. It is version 2.0.");
  expect(said({ zones: even })).toBe("payline fails 40% of the calls to it. The same in all 2 zones.");
});

test("without failures it says what is unusual by the server's rule, or that nothing is", () => {
  const said = (more: Partial<CallsOfMap>) =>
    judgement({ kind: "node", id: "cart" }, found(counted(100), more), MAP);
  expect(said({})).toBe("As usual.");
  expect(said({ reason: "slow", sentence: "p99 310 ms, usual 100 ms" })).toBe(
    "Slow: p99 310 ms, usual 100 ms.",
  );
  expect(said({ reason: "quieter", sentence: "quieter, usual 1.0/s" })).toBe("Quieter, usual 1.0/s.");
  expect(said({ reason: "silent", sentence: "no requests, usual 1.0/s" })).toBe("No requests, usual 1.0/s.");
  expect(said({ usual: null })).toBe("No usual yet.");
  expect(said({ usual: null, now: counted(0) })).toBe("No calls now.");
});

test("the failing path goes from the first caller that fails to where it ends, and circles end it", () => {
  expect(failingPath(MAP.edges)).toEqual(["gateway", "checkout", "payline"]);
  expect(failingPath([edge("a b", 10, 5), edge("b a", 10, 4)])).toEqual(["a", "b"]);
  expect(failingPath([edge("a b", 10)])).toEqual([]);
});

test("a zone's letter is what distinguishes it", () => {
  expect([...zoneLetters(["zone-a", "zone-b"]).values()]).toEqual(["a", "b"]);
  expect([...zoneLetters(["eu-west-1a", "us-east-1b"]).values()]).toEqual(["eu-west-1a", "us-east-1b"]);
  expect([...zoneLetters(["zone-a"]).values()]).toEqual(["a"]);
});
