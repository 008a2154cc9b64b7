// Answers the page has already: a read says which one it has, and a server that has nothing newer sends it no body.
// They are kept in memory alone, as the server asks browsers to store nothing.

import type { Middleware } from "openapi-fetch";

type Known = { tag: string; body: string };

const KNOWN_MOST = 40;
const LETTERS_MOST = 300_000;
const NOT_MODIFIED = 304;
const known = new Map<string, Known>();

export const conditional: Middleware = {
  onRequest({ request }) {
    const before = request.method === "GET" ? known.get(request.url) : undefined;
    if (before) request.headers.set("if-none-match", before.tag);
    return request;
  },
  async onResponse({ request, response }) {
    if (request.method !== "GET") {
      // Signing in and out is a write, too: nobody gets what another was answered.
      known.clear();
      return undefined;
    }
    const before = known.get(request.url);
    if (response.status === NOT_MODIFIED && before) return again(before, response.url);
    const tag = response.headers.get("etag");
    if (response.ok && tag) keep(request.url, { tag, body: await response.clone().text() });
    return undefined;
  },
};

function again({ body }: Known, url: string): Response {
  const answer = new Response(body, { headers: { "content-type": "application/json" } });
  return Object.defineProperty(answer, "url", { value: url });
}

/** The newest stay; a long one is read in full each time. */
function keep(address: string, answer: Known) {
  known.delete(address);
  if (answer.body.length > LETTERS_MOST) return;
  known.set(address, answer);
  for (const oldest of [...known.keys()].slice(0, -KNOWN_MOST)) known.delete(oldest);
}
