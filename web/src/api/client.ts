// The generated client, and the two things every request has in common: keys on writes, and what a 401 means.

import createClient, { type Middleware } from "openapi-fetch";
import { withNames } from "../app/address";
import { conditional } from "./known";
import type { paths } from "./schema";

export const client = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  pathSerializer: withNames,
});

type Listener = () => void;
const listeners = new Set<Listener>();

/** Registers a listener for 401 answers: the session has ended. */
export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const noticeSignedOut: Middleware = {
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== "/api/v1/session")
      listeners.forEach((listener) => listener());
  },
};
client.use(noticeSignedOut);
client.use(conditional);

/** A key for one intended write. Not `crypto.randomUUID`: that is missing where the page is not served from a secure origin. */
export function newIdempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
