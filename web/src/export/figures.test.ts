import { expect, test } from "vitest";
import { addressOf, cameFrom, kept, listIn } from "./figures";

const ADDRESS = "http://here/api/v1/services?from=now-1h";

test("the address stays with the data, also where a newer answer shares parts of the one before", () => {
  const before = cameFrom({ items: [{ name: "cart" }, { name: "pay" }] }, `${ADDRESS}&q=`);
  const next = cameFrom({ items: [{ name: "cart" }, { name: "search" }] }, ADDRESS);
  const shared = kept(before, next) as typeof next;
  expect(shared.items[0]).toBe(before.items[0]);
  expect(addressOf(shared)).toBe(ADDRESS);
});

test("a list in pages has the address of its first page", () => {
  const pages = [cameFrom({ items: [1] }, ADDRESS), cameFrom({ items: [2] }, `${ADDRESS}&cursor=x`)];
  expect(addressOf(kept(undefined, { pages, pageParams: [] }))).toBe(ADDRESS);
  expect(listIn({ pages, pageParams: [] })).toEqual([1, 2]);
});

test("what came from nowhere has no address, what is no list has no rows", () => {
  expect(addressOf(undefined)).toBeNull();
  expect(addressOf({ name: "cart" })).toBeNull();
  expect(listIn({ name: "cart" })).toBeNull();
  expect(listIn({ by: "zone", parts: [{ value: "a" }] })).toEqual([{ value: "a" }]);
});
