import { expect, test } from "vitest";
import type { MapNode, Service } from "../../api/types";
import { partiesWords, partyRows } from "./parties";

function node(kind: string, name: string, calls = 100, errors = 0, byMesh = 0): MapNode {
  const failing = errors + byMesh >= 5;
  return {
    id: `${kind}/${name}`, kind, name, label: name, display_name: name, environment: "", namespace: "", team: null,
    tier: null, objectives: 0, worst_state: null, worst_burn_state: null, zones: [], versions: [], silent_since: null,
    idle: null, stopped_instances: null, calls, errors, proxy_errors: byMesh, rate_per_second: calls / 300,
    error_ratio: errors / calls, proxy_error_ratio: byMesh / calls, p50_seconds: 0.1, p90_seconds: 0.2,
    p99_seconds: 0.3, reason: failing ? "failing" : "usual",
    sentence: failing ? `${errors + byMesh} of ${calls} calls fail` : "as usual",
  }; // prettier-ignore
}
const SERVICES = [{ name: "checkout", environment: "" }] as Service[];
const rows = (...nodes: MapNode[]) => partyRows({ range: nodes, now: nodes, services: SERVICES });

test("a store or provider is a row with its calls, its failures of application and mesh, and its p99", () => {
  const [row] = rows(node("external", "pay.example", 200, 10, 6));
  expect(row).toMatchObject({
    name: "pay.example",
    requests: 200,
    errors: 16,
    error_ratio: 0.08,
    p99_seconds: 0.3,
  });
  expect(row?.now).toMatchObject({
    reason: "failing",
    needs_attention: true,
    sentence: "16 of 200 calls fail",
  });
});

test("services, what is outside and callers nobody knows are no rows of their own", () => {
  expect(rows(node("service", "cart"), node("ingress", ""), node("unknown", ""))).toEqual([]);
});

test("a service that sends nothing any more is one row, though its callers still call it by host and port", () => {
  expect(rows(node("external", "checkout:8080"), node("cache", "checkout"))).toMatchObject([
    { kind: "cache" },
  ]);
});

test("what nobody called in the last minutes says so, and does not fail", () => {
  const [row] = partyRows({ range: [node("queue", "orders")], now: [], services: [] });
  expect(row?.now).toMatchObject({ sentence: "no calls now", needs_attention: false });
});

test("the tile counts stores, queues and providers apart, each in its number", () => {
  const found = rows(node("database", "a"), node("cache", "b"), node("queue", "c"), node("external", "d"));
  expect(partiesWords(found)).toBe("2 stores, 1 queue, 1 provider");
  expect(partiesWords([])).toBe("");
});
