import createClient from "openapi-fetch";
import { expect, test } from "vitest";
import { conditional } from "./known";

type Paths = {
  "/list": {
    parameters: Record<string, never>;
    get: { responses: { 200: { content: { "application/json": { items: number[] } } } } };
    post: { responses: { 200: { content: { "application/json": object } } } };
  };
};

/** A server of one list, and the tags it was asked with. */
function served(list: { items: number[] }) {
  const asked: (string | null)[] = [];
  const client = createClient<Paths>({
    baseUrl: "http://here",
    fetch: (request) => {
      const named = request.headers.get("if-none-match");
      if (request.method === "GET") asked.push(named);
      const body = JSON.stringify(list);
      const tag = `W/"${list.items.join()}"`;
      const same = request.method === "GET" && named === tag;
      const answer = same
        ? new Response(null, { status: 304, headers: { etag: tag } })
        : new Response(body, { headers: { etag: tag } });
      return Promise.resolve(answer);
    },
  });
  client.use(conditional);
  return { client, asked };
}

test("what the page has is not sent again, and read as if it were", async () => {
  const { client, asked } = served({ items: [1] });
  expect((await client.GET("/list")).data).toEqual({ items: [1] });
  const again = await client.GET("/list");
  expect(again.data).toEqual({ items: [1] });
  expect(again.response.ok).toBe(true);
  expect(asked).toEqual([null, 'W/"1"']);
});

test("what changed is sent and known from then on", async () => {
  const list = { items: [2] };
  const { client, asked } = served(list);
  await client.GET("/list");
  list.items = [2, 3];
  expect((await client.GET("/list")).data).toEqual({ items: [2, 3] });
  await client.GET("/list");
  expect(asked.at(-1)).toBe('W/"2,3"');
});

test("after a write nothing is known: it may have been a sign-out", async () => {
  const { client, asked } = served({ items: [4] });
  await client.GET("/list");
  await client.POST("/list");
  await client.GET("/list");
  expect(asked.at(-1)).toBeNull();
});
