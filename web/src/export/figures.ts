// Where figures came from: the address of the very GET that brought them, kept beside the data itself.

import { replaceEqualDeep } from "@tanstack/react-query";

const addresses = new WeakMap<object, string>();

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Keeps the address an answer came from, and returns the answer. */
export function cameFrom<Data>(data: Data, address: string | null): Data {
  if (isObject(data) && address) addresses.set(data, address);
  return data;
}

/** The address of the read that brought some data; of a list in pages, that of its first page. */
export function addressOf(data: unknown): string | null {
  if (!isObject(data)) return null;
  const first: unknown = "pages" in data && Array.isArray(data.pages) ? data.pages[0] : undefined;
  return addresses.get(data) ?? (isObject(first) ? (addresses.get(first) ?? null) : null);
}

/** Shares what did not change with the answer before, as a cache does by itself, without losing the address. */
export function kept(before: unknown, next: unknown): unknown {
  return cameFrom(replaceEqualDeep(before, next), addressOf(next));
}

const LISTS = ["items", "parts", "resources"] as const;

/** The list that an answer is; null where it is none. */
export function listIn(data: unknown): readonly unknown[] | null {
  if (!isObject(data)) return null;
  if ("pages" in data && Array.isArray(data.pages)) return data.pages.flatMap((page) => listIn(page) ?? []);
  const found = Object.entries(data).find(([name]) => LISTS.some((list) => list === name))?.[1] as unknown;
  return Array.isArray(found) ? found : null;
}
