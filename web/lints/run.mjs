// The page's own rules, small enough to be checked by reading the sources; each says why it exists.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = new URL("../src", import.meta.url).pathname;
const MOST_LINES = 400;

const RULES = [
  { name: "file-name", why: "a helper lives with its one caller; shared ones have a topic", broken: (path) => /(utils?|helpers?|common|misc)\.tsx?$/i.test(path) },
  { name: "file-length", why: "a file is read in one go", broken: (path, text) => text.split("\n").length > MOST_LINES },
  { name: "generated-client-only", why: "every request goes through the generated client", broken: (path, text) => /\bfetch\(/.test(text) },
  { name: "errors-in-one-place", why: "server errors become words in api/problems.ts alone", broken: (path, text) => !path.startsWith("api/") && /\.status\s*===?\s*\d{3}/.test(text) },
  { name: "names-in-segments", why: "names that senders chose are one segment of an address (app/address.ts)", broken: (path, text) => /\/(services|metrics|objectives)\/\$\{(?!segment\()/.test(text) },
  { name: "no-test-ids", why: "tests find things as people do: by role and name", broken: (path, text) => /data-testid/.test(text) },
  { name: "no-any", why: "types come from the OpenAPI document", broken: (path, text) => /(:|as) any\b|@ts-ignore/.test(text) },
  { name: "colours-in-tokens", why: "both themes come from styles/tokens.css", broken: (path, text) => path !== "styles/tokens.css" && /#[0-9a-f]{6}\b/i.test(text) },
];

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(tsx?|css)$/.test(entry.name) && entry.name !== "schema.d.ts") yield path;
  }
}

const found = [...sources(ROOT)].flatMap((file) => {
  const path = relative(ROOT, file);
  const text = readFileSync(file, "utf8");
  return RULES.filter((rule) => rule.broken(path, text)).map((rule) => `${path}: ${rule.name}: ${rule.why}`);
});
found.forEach((line) => console.error(line));
process.exit(found.length > 0 ? 1 : 0);
