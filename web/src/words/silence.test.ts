import { expect, test } from "vitest";
import { clock } from "./moments";
import { idleWords, silenceWords, stoppedWords, zonesOf, zonesWords } from "./silence";

const AT = "2026-11-26T09:31:00Z";
const LOST = { silent_since: null, silent_zones: [{ zone: "zone-c", since: AT }], zones: ["zone-a"] };

test("a silent zone is named with since when, and a silent service needs no zones", () => {
  expect(silenceWords(LOST)).toBe(`zone-c silent since ${clock(AT)}`);
  expect(silenceWords({ ...LOST, silent_since: AT })).toBe(`silent since ${clock(AT)}`);
  expect(silenceWords({ silent_since: null, silent_zones: [] })).toBeNull();
});

test("an effect is said to be one, with what fails before it", () => {
  expect(idleWords(null)).toBeNull();
  expect(idleWords({ behind: "checkout", since: null })).toBe("idle, an effect: checkout fails before it");
  const words = `silent since ${clock(AT)}, an effect: checkout fails before it`;
  expect(idleWords({ behind: "checkout", since: AT })).toBe(words);
});

test("a zone in which one service is silent is not whole, though others send from it", () => {
  const other = { silent_since: null, silent_zones: [], zones: ["zone-a", "zone-b", "zone-c"] };
  const { all, whole } = zonesOf([LOST, other]);
  expect(all).toEqual(["zone-a", "zone-b", "zone-c"]);
  expect(whole).toEqual(["zone-a", "zone-b"]);
});

test("stopped instances are counted, with whether the others have their traffic", () => {
  const stopped = { count: 1, of: 6, since: AT, names: ["cart-3"], traffic_goes_on: true };
  expect(stoppedWords(stopped)).toBe(`1 of 6 instances stopped at ${clock(AT)}, traffic went to the others`);
  expect(stoppedWords({ ...stopped, traffic_goes_on: false })).toBe(
    `1 of 6 instances stopped at ${clock(AT)}`,
  );
  expect(stoppedWords(null)).toBeNull();
});

test("a lost zone is one fact; zones in which some services are silent follow, with which", () => {
  const lost = { zone: "zone-b", since: AT, services: 12 };
  const silent = (name: string, zone: string) => ({ name, silent_zones: [{ zone, since: AT }] });
  expect(zonesWords([lost], [silent("cart", "zone-b")])).toBe(
    `zone-b silent since ${clock(AT)}: 12 services`,
  );
  expect(zonesWords([], [silent("cart", "zone-c")])).toBe(`zone-c silent since ${clock(AT)}: cart`);
  const four = ["cart", "mail", "pay", "search"].map((name) => silent(name, "zone-c"));
  expect(zonesWords([], four)).toBe("zone-c silent: cart, mail and 2 more");
});
