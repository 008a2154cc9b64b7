// Lists come in pages of a thousand items or a megabyte, whichever is less. Here several become one answer.

import { addressOf, cameFrom } from "../export/figures";

type Page = { items: unknown[]; next: string | null };

/** Follows a list from its start until it ends or `most` items are read; `next` of the answer says which. */
export async function followed<Whole extends Page>(
  most: number,
  read: (cursor: string | undefined) => Promise<Whole>,
): Promise<Whole> {
  let page = await read(undefined);
  const address = addressOf(page);
  const items: Whole["items"] = [...page.items];
  while (page.next !== null && items.length < most) {
    page = await read(page.next);
    items.push(...page.items);
  }
  return cameFrom({ ...page, items }, address);
}
