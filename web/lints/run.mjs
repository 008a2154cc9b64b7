// Reads every source of the page and prints what breaks one of its rules.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { RULES, twiceStyled } from "./rules.mjs";

const ROOT = new URL("../src", import.meta.url).pathname;
function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(tsx?|css)$/.test(entry.name) && entry.name !== "schema.d.ts") yield path;
  }
}

const texts = [...sources(ROOT)].map((file) => [relative(ROOT, file), readFileSync(file, "utf8")]);
const found = texts.flatMap(([path, text]) =>
  RULES.filter((rule) => rule.broken(path, text)).map((rule) => `${path}: ${rule.name}: ${rule.why}`),
);
found.push(...twiceStyled(texts));
found.forEach((line) => console.error(line));
process.exit(found.length > 0 ? 1 : 0);
