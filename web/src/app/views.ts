// The saved views of whoever looks: on the server under their name where somebody is signed in, else in this browser.

import { useSession } from "../api/queries";
import type { SavedView } from "../api/types";
import { useRemoveStoredView, useStoredViews, useStoreView } from "../api/views";
import { forgetView, keepView, NAME_MOST, useKeptViews, type View } from "./keptViews";

export type { View } from "./keptViews";

/** All views, and how to save and remove one; both end when it is done, or fail with the reason. */
export function useViews() {
  const session = useSession().data;
  const isSignedIn = session?.token_required === true && session.authenticated;
  const stored = useStoredViews(isSignedIn).data?.items ?? [];
  const here = useKeptViews();
  const { mutateAsync: store } = useStoreView();
  const { mutateAsync: remove } = useRemoveStoredView();
  return {
    views: together(stored, here),
    save: async ({ name, address, isPinned }: View) => {
      const named = name.trim().slice(0, NAME_MOST).trim();
      if (isSignedIn) await store({ name: named, address, is_pinned: isPinned });
      else keepView({ name: named, address, isPinned });
    },
    remove: async (name: string) => {
      forgetView(name);
      if (stored.some((one) => one.name === name)) await remove(name);
    },
  };
}

/** What this browser kept before somebody signed in stays in sight, unless the server has one of that name. */
export function together(stored: readonly SavedView[], here: readonly View[]): readonly View[] {
  const known = new Set(stored.map(({ name }) => name));
  return [
    ...stored.map(({ name, address, is_pinned: isPinned }) => ({ name, address, isPinned })),
    ...here.filter(({ name }) => !known.has(name)),
  ];
}
