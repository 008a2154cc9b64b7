import { expect, test } from "vitest";
import examples from "./commands.json";
import { commandOf } from "./commands";
import { curlOf } from "./shell";

const HERE = "http://127.0.0.1:7070";

test.each(examples)("$get has a command of its own", ({ get, command }) => {
  expect(commandOf(HERE + get)).toBe(command);
});

test("a server elsewhere is named", () => {
  expect(commandOf("https://holdfast.example/api/v1/catalog")).toBe(
    "holdfast catalog show --url https://holdfast.example",
  );
});

test.each([
  "/api/v1/objectives/orders/series?from=now-1h&to=now",
  "/api/v1/objectives?q=orders",
  "/api/v1/metrics/queue/series?unit=&from=now-1h",
  "/api/v1/incidents/317?unknown=1",
  "/api/v1/services/-x?from=now-1h",
  "/elsewhere",
])("%s has none: a command would answer something else", (get) => {
  expect(commandOf(HERE + get)).toBeNull();
});

test("what a command does anyway is not said, anything else of it has no command", () => {
  const spread = `${HERE}/api/v1/services/cart/spread?from=now-5m&by=`;
  expect(commandOf(`${spread}zone`)).toBe("holdfast service show cart --from now-5m");
  expect(commandOf(`${spread}version`)).toBeNull();
});

test("a value that begins with a dash stays a value", () => {
  expect(commandOf(`${HERE}/api/v1/services?q=-x`)).toBe("holdfast service ls --search=-x");
});

test("curl has the address as one word, and names a token without writing it down", () => {
  expect(curlOf(`${HERE}/api/v1/logs?q=it's`, false)).toBe(
    String.raw`curl -sS 'http://127.0.0.1:7070/api/v1/logs?q=it'\''s'`,
  );
  expect(curlOf(`${HERE}/api/v1/catalog`, true)).toBe(
    'curl -sS -H "Authorization: Bearer $HOLDFAST_TOKEN" http://127.0.0.1:7070/api/v1/catalog',
  );
});
