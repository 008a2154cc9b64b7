import { expect, it } from "vitest";
import { nameIn } from "./app/address";
import {
  comparisonPath,
  incidentIn,
  incidentPath,
  logsPath,
  metricPath,
  objectivePath,
  objectivesPath,
  senderPath,
  servicePath,
  tracePath,
  tracesPath,
} from "./paths";

const ODD = ["team/cart", "..", "a?b=c", "a#b", "50%", "%2F", "a b", "größe", "a+b", "a&b=c"];
const url = (path: string) => new URL(path, "http://127.0.0.1");

it("names of senders stay one segment of an address, whatever they hold", () => {
  for (const name of ODD) {
    for (const path of [servicePath({ name }), objectivePath(name), metricPath(name), tracePath(name)]) {
      expect(nameIn(url(path).pathname.split("/")[2] ?? "")).toBe(name);
      expect(url(path).search + url(path).hash).toBe("");
    }
  }
});

it("values asked for come back as they were given", () => {
  for (const value of ODD) {
    expect(url(tracesPath({ attribute: `k=${value}` })).searchParams.get("attribute")).toBe(`k=${value}`);
    expect(url(logsPath({ where: value })).searchParams.get("where")).toBe(value);
  }
});

it("a chosen range goes along, without an end that is now", () => {
  const range = { from: "now-6h", to: "now" };
  expect(servicePath({ name: "a" }, null)).toBe("/services/a");
  expect(servicePath({ name: "a" }, range)).toBe("/services/a?from=now-6h");
  expect(metricPath("m", { range, q: "cpu" })).toBe("/metrics/m?from=now-6h&q=cpu");
  expect(tracesPath({ range: { from: "x", to: "y" }, objective: "o" })).toBe(
    "/traces?objective=o&from=x&to=y",
  );
});

it("a link to what sent something names its environment and namespace, if they are known", () => {
  const span = { service: "api", environment: "staging", namespace: "" };
  expect(senderPath(span)).toBe("/services/api?environment=staging&namespace=default");
  expect(senderPath({ service: "api" })).toBe("/services/api");
  const row = { name: "api", label: "api", environment: "", namespace: "shop" };
  expect(servicePath(row, { from: "now-6h", to: "now" })).toBe("/services/api?namespace=shop&from=now-6h");
});

it("what is empty is left out", () => {
  expect(objectivesPath()).toBe("/objectives");
  expect(objectivesPath({ q: "" })).toBe("/objectives");
  expect(tracePath("ab", { span: null })).toBe("/traces/ab");
  expect(comparisonPath("ab", "cd")).toBe("/traces/ab/compare/cd");
});

it("an incident's address gives its number back", () => {
  expect(incidentIn(incidentPath(318))).toBe(318);
  expect(incidentIn("/services/318")).toBeNull();
});
