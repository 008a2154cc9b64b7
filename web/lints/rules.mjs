// The page's own rules, small enough to be checked by reading the sources; each says why it exists.

const MOST_LINES = 400;

const PAGES = "objectives|map|services|metrics|traces|logs|incidents|oncall|pages|changes|catalog";
/** A text that begins as an address of the page does: a page's path, parameters, or a part's id as a link. */
const ADDRESS = new RegExp(`["'\`](/(${PAGES})\\b|\\?\\w+=)|[}]\\?\\w+=|\\bhref[=:]\\s*[{]?["'\`][/?#]`);
export const RULES = [
  {
    name: "file-name",
    why: "a helper lives with its one caller; shared ones have a topic",
    broken: (path) => /(utils?|helpers?|common|misc)\.tsx?$/i.test(path),
  },
  {
    name: "file-length",
    why: "a file is read in one go",
    broken: (path, text) => text.split("\n").length > MOST_LINES,
  },
  {
    name: "generated-client-only",
    why: "every request goes through the generated client",
    broken: (path, text) => /\bfetch\(/.test(text),
  },
  {
    name: "errors-in-one-place",
    why: "server errors become words in api/problems.ts alone",
    broken: (path, text) => !path.startsWith("api/") && /\.status\s*===?\s*\d{3}/.test(text),
  },
  {
    name: "addresses-in-paths",
    why: "addresses of the page are built by paths.ts, which types and encodes what goes into them",
    broken: (path, text) => path !== "paths.ts" && !path.endsWith(".test.ts") && ADDRESS.test(text),
  },
  {
    name: "state-in-the-address",
    why: "app/searchState.ts reads and writes parameters, typed; paths.ts writes those of links",
    broken: (path, text) =>
      !["app/address.ts", "app/searchState.ts", "paths.ts", "api/logs.ts"].includes(path) &&
      !path.endsWith(".test.ts") &&
      /\b(useSearchParams|URLSearchParams|encodeURIComponent)\b/.test(text),
  },
  {
    name: "no-test-ids",
    why: "tests find things as people do: by role and name",
    broken: (path, text) => /data-testid/.test(text),
  },
  {
    name: "no-any",
    why: "types come from the OpenAPI document",
    broken: (path, text) => /(:|as) any\b|@ts-ignore/.test(text),
  },
  {
    name: "colours-in-tokens",
    why: "both themes come from styles/tokens.css",
    broken: (path, text) => path !== "styles/tokens.css" && /#[0-9a-f]{6}\b/i.test(text),
  },
];

/** The classes that two style sheets begin: one of them changes what the other drew. */
export function twiceStyled(texts) {
  const first = new Map();
  return texts
    .filter(([path]) => path.endsWith(".css"))
    .flatMap(([path, text]) =>
      [...text.matchAll(/^\.([\w-]+) \{/gm)].flatMap(([, name]) => {
        if (!first.has(name)) first.set(name, path);
        return first.get(name) === path ? [] : [`${path}: .${name} is a class of ${first.get(name)}`];
      }),
    );
}
