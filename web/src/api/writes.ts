// What the page writes. Each intent carries its own key, so that a repeated send is one write.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "./client";
import { type Key, useIntent } from "./intent";
import { answer } from "./problems";
import { SESSION } from "./queries";
import type { IncidentDetail, NewChange } from "./types";

function useIncidentWrite<Words>(number: number, write: (words: Words, key: Key) => Promise<IncidentDetail>) {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: (words: Words) => write(words, keyOf(words)),
    onSuccess: async (incident) => {
      done();
      queries.setQueryData(["incident", number], incident);
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["incidents"] }),
        queries.invalidateQueries({ queryKey: ["status"] }),
        queries.invalidateQueries({ queryKey: ["objectives"] }),
      ]);
    },
  });
}

export function useAcknowledge(number: number) {
  return useIncidentWrite<null>(number, (_, key) =>
    answer(
      `acknowledge incident ${number}`,
      client.POST("/api/v1/incidents/{number}/ack", { params: { path: { number }, header: key }, body: {} }),
    ),
  );
}

export function useResolve(number: number) {
  return useIncidentWrite<string>(number, (note, key) =>
    answer(
      `resolve incident ${number}`,
      client.POST("/api/v1/incidents/{number}/resolve", {
        params: { path: { number }, header: key },
        body: { note },
      }),
    ),
  );
}

export function useNote(number: number) {
  return useIncidentWrite<string>(number, (text, key) =>
    answer(
      `write a note on incident ${number}`,
      client.POST("/api/v1/incidents/{number}/notes", {
        params: { path: { number }, header: key },
        body: { text },
      }),
    ),
  );
}

export function useAddChange() {
  const queries = useQueryClient();
  const { keyOf, done } = useIntent();
  return useMutation({
    mutationFn: (change: NewChange) =>
      answer(
        "record the change",
        client.POST("/api/v1/changes", { params: { header: keyOf(change) }, body: change }),
      ),
    onSuccess: () => {
      done();
      return queries.invalidateQueries({ queryKey: ["changes"] });
    },
  });
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) =>
      answer("sign in with this token", client.POST("/api/v1/session", { body: { token } })),
    onSuccess: async (session) => {
      queries.setQueryData(SESSION, session);
      await queries.invalidateQueries();
    },
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer("sign out", client.DELETE("/api/v1/session", {})),
    // What was read is forgotten, whether or not the server could be told.
    onSettled: () => queries.resetQueries(),
  });
}
