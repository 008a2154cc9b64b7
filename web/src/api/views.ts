// The views that the server keeps for whoever is signed in.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newIdempotencyKey } from "./client";
import { ofRecord } from "./live";
import { answer } from "./problems";
import type { SavedView } from "./types";

const VIEWS = ["views"] as const;

export function useStoredViews(enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: VIEWS,
    queryFn: ({ signal }) => answer("list your views", client.GET("/api/v1/views", { signal })),
    ...ofRecord,
  });
}

export type NewView = Pick<SavedView, "name" | "address" | "is_pinned">;

export function useStoreView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: NewView) =>
      answer(
        `save the view “${name}”`,
        client.PUT("/api/v1/views/{name}", { params: { path: { name }, header: ownKey() }, body }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: VIEWS }),
  });
}

export function useRemoveStoredView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      answer(
        `remove the view “${name}”`,
        client.DELETE("/api/v1/views/{name}", { params: { path: { name }, header: ownKey() } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: VIEWS }),
  });
}

/** Saving the same again, or removing what is gone, changes nothing: each has a key of its own. */
const ownKey = () => ({ "idempotency-key": newIdempotencyKey() });
