// On-call: who is on, who will be, where nobody is; overrides and contacts, read and written.

import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "./client";
import { useIntent } from "./intent";
import { ofRecord } from "./live";
import { followed } from "./pages";
import { answer } from "./problems";
import type { NewOverride } from "./types";

export const GAP_DAYS = 28;
const DUTIES_MOST = 5_000;
const ONCALL = "oncall";

const recorded = { ...ofRecord, placeholderData: keepPreviousData };

export function useOnCall() {
  return useQuery({
    queryKey: [ONCALL],
    queryFn: ({ signal }) => answer("list who is on call", client.GET("/api/v1/oncall", { signal })),
    ...recorded,
  });
}

/** The times in the coming days in which nobody is on call. */
export function useGaps(days: number) {
  return useQuery({
    queryKey: [ONCALL, "gaps", days],
    queryFn: ({ signal }) =>
      answer(
        "find where nobody is on call",
        client.GET("/api/v1/oncall/gaps", { params: { query: { days } }, signal }),
      ),
    ...recorded,
  });
}

/** Who is on call for each schedule from an instant on, in the order of the names. */
export function useDuties(schedules: readonly string[], at: string, days: number) {
  return useQueries({
    queries: schedules.map((name) => ({
      queryKey: [ONCALL, "duties", name, at, days],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        followed(DUTIES_MOST, (cursor) =>
          answer(
            `read the shifts of “${name}”`,
            client.GET("/api/v1/oncall/schedules/{name}/duties", {
              params: { path: { name }, query: { at, days, ...(cursor ? { cursor } : {}) } },
              signal,
            }),
          ),
        ),
      ...ofRecord,
    })),
  });
}

export function useOverrides(schedules: readonly string[]) {
  return useQueries({
    queries: schedules.map((name) => ({
      queryKey: [ONCALL, "overrides", name],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        answer(
          `list the overrides of “${name}”`,
          client.GET("/api/v1/oncall/schedules/{name}/overrides", {
            params: { path: { name }, query: { days: GAP_DAYS } },
            signal,
          }),
        ),
      ...ofRecord,
    })),
  });
}

export function useContacts() {
  return useQuery({
    queryKey: [ONCALL, "contacts"],
    queryFn: ({ signal }) =>
      answer("list how people are reached", client.GET("/api/v1/oncall/contacts", { signal })),
    ...recorded,
  });
}

type OfSchedule = { schedule: string };

export function useAddOverride() {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: ({ schedule, ...body }: NewOverride & OfSchedule) =>
      answer(
        "make the override",
        client.POST("/api/v1/oncall/schedules/{name}/overrides", {
          params: { path: { name: schedule }, header: keyOf({ schedule, body }) },
          body,
        }),
      ),
    onSuccess: () => {
      done();
      return queries.invalidateQueries({ queryKey: [ONCALL] });
    },
  });
}

export function useRemoveOverride() {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: ({ schedule, id }: OfSchedule & { id: number }) =>
      answer(
        `remove override ${id}`,
        client.DELETE("/api/v1/oncall/schedules/{name}/overrides/{number}", {
          params: { path: { name: schedule, number: id }, header: keyOf({ schedule, id }) },
        }),
      ),
    onSuccess: () => {
      done();
      return queries.invalidateQueries({ queryKey: [ONCALL] });
    },
  });
}

type OfContact = { person: string; contact: string };

export function useSendCode(of: OfContact) {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: () =>
      answer(
        `send a code to ${of.contact} of ${of.person}`,
        client.POST("/api/v1/oncall/contacts/{person}/{contact}/code", {
          params: { path: of, header: keyOf(of) },
          body: {},
        }),
      ),
    onSuccess: () => {
      done();
      return queries.invalidateQueries({ queryKey: [ONCALL, "contacts"] });
    },
  });
}

export function useVerify(of: OfContact) {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: (code: string) =>
      answer(
        `verify ${of.contact} of ${of.person}`,
        client.POST("/api/v1/oncall/contacts/{person}/{contact}/verify", {
          params: { path: of, header: keyOf({ of, code }) },
          body: { code },
        }),
      ),
    onSuccess: () => {
      done();
      return queries.invalidateQueries({ queryKey: [ONCALL, "contacts"] });
    },
  });
}
