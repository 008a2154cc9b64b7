// Pages: whom somebody was asked through what, with which answer; and the acknowledgement that stops one.

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "./client";
import { useIntent } from "./intent";
import { ofRecord } from "./live";
import { answer } from "./problems";
import type { Paged } from "./types";

const PAGES = "pages";
const NEWEST = 20;

const recorded = { ...ofRecord, placeholderData: keepPreviousData };

/** The newest pages, or those for one thing, such as `incident/7`. */
export function usePages(reference: string | null = null) {
  return useQuery({
    queryKey: [PAGES, "list", reference],
    queryFn: ({ signal }) =>
      answer(
        reference === null ? "list the pages" : `list the pages for ${reference}`,
        client.GET("/api/v1/pages", {
          params: { query: { limit: NEWEST, ...(reference === null ? {} : { reference }) } },
          signal,
        }),
      ),
    ...recorded,
  });
}

export function usePaged(number: number) {
  return useQuery({
    queryKey: [PAGES, "one", number],
    queryFn: ({ signal }) =>
      answer(
        `read page ${number}`,
        client.GET("/api/v1/pages/{number}", { params: { path: { number } }, signal }),
      ),
    ...recorded,
  });
}

type Asked = Pick<Paged, "opened_at" | "urgency"> & { objective: string | null };

/** Who would be paged, step by step, from an instant on if nobody answered. */
export function useForeseen({ objective, opened_at: at, urgency }: Asked) {
  return useQuery({
    enabled: objective !== null,
    queryKey: [PAGES, "foreseen", objective, at, urgency],
    queryFn: ({ signal }) =>
      answer(
        `find who is paged for “${objective ?? ""}”`,
        client.GET("/api/v1/pages/foreseen/{objective}", {
          params: { path: { objective: objective ?? "" }, query: { at, urgency } },
          signal,
        }),
      ),
    ...recorded,
  });
}

/** Acknowledges a page in the state that was seen; one that changed meanwhile stays as it is. */
export function useAcknowledgePage(number: number) {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: (seen: number) =>
      answer(
        `acknowledge page ${number}`,
        client.POST("/api/v1/pages/{number}/ack", {
          params: { path: { number }, header: keyOf(seen) },
          body: { seen },
        }),
      ),
    onSuccess: () => {
      done();
      return Promise.all(
        [[PAGES], ["incidents"], ["incident"], ["status"]].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}
