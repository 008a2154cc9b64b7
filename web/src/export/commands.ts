// The command that prints what a read of the page answers. A read has none where a parameter could not be said. Pure.

import { nameIn } from "../app/address";
import { quoted } from "./shell";

type Value = (value: string) => string;
type Row = {
  /** The path of the read; a star is a name. */
  path: string;
  command: string;
  /** Its parameters as options, in the order of the read. */
  options: Readonly<Record<string, string | readonly [string, Value]>>;
  /** Parameters whose one value is what the command does anyway. */
  implied?: Readonly<Record<string, string>>;
  /** Parameters with one value that is an option of its own. */
  flags?: Readonly<Record<string, string>>;
  /** A parameter that is an argument. */
  argument?: string;
  /** A parameter whose words are arguments. */
  words?: string;
};

const RANGE = { from: "--from", to: "--to" };
const PLACE = { environment: "--environment", namespace: "--namespace" };
const REGION = { region: "--region" };
const ENDS = { zone: "--zone", version: "--version" };
const LINES = { ...RANGE, where: "--where", limit: "--limit" };
/** How an answer is cut into pages: a command that prints the list reads them all. */
const PAGING = new Set(["limit", "cursor"]);

const seconds: Value = (value) => `${value}s`;
const one = (command: string) => ({ command, options: {} });

const ROWS: readonly Row[] = [
  {
    path: "objectives",
    command: "objective ls",
    options: { service: "--service", state: "--state", ...PLACE },
  },
  { path: "objectives/*", ...one("objective show") },
  { path: "objectives/*/breakdown", command: "objective explain", options: { ...RANGE, by: "--by" } },
  {
    path: "alerts",
    command: "alert ls",
    options: { objective: "--objective", ...PLACE },
    flags: { "state=all": "--all" },
    implied: { state: "firing" },
  },
  { path: "incidents", command: "incident ls", options: { state: "--state", ...PLACE } },
  { path: "incidents/*", ...one("incident show") },
  { path: "catalog", ...one("catalog show") },
  { path: "changes", command: "change ls", options: { service: "--service", ...RANGE, ...PLACE, ...REGION } },
  {
    path: "map",
    command: "map show",
    argument: "around",
    options: { ...RANGE, ...PLACE, ...REGION, ...ENDS, steps: "--steps" },
  },
  { path: "map", command: "map ls", options: { ...RANGE, ...PLACE, ...REGION, ...ENDS } },
  { path: "services", command: "service ls", options: { ...RANGE, q: "--search", ...PLACE, ...REGION } },
  { path: "services/*", command: "service show", options: { ...RANGE, ...PLACE } },
  { path: "services/*/saturation", command: "service show", options: { ...RANGE, ...PLACE } },
  {
    path: "services/*/spread",
    command: "service show",
    options: { ...RANGE, ...PLACE },
    implied: { by: "zone" },
  },
  {
    path: "metrics",
    command: "metric ls",
    options: { ...RANGE, q: "--match", service: "--service", ...PLACE, ...REGION, cluster: "--cluster" },
  },
  { path: "metrics/*", command: "metric show", options: RANGE },
  {
    path: "metrics/*/series",
    command: "metric plot",
    options: {
      ...RANGE,
      fn: "--fn",
      by: "--by",
      where: "--where",
      kind: "--kind",
      unit: "--unit",
      step: "--step",
      top: "--top",
      ...PLACE,
      ...REGION,
      cluster: "--cluster",
    },
  },
  {
    path: "traces",
    command: "trace ls",
    options: {
      ...RANGE,
      service: "--service",
      operation: "--operation",
      kind: "--kind",
      status: "--status",
      ...ENDS,
      ...PLACE,
      ...REGION,
      cluster: "--cluster",
      min_duration_seconds: ["--min-duration", seconds],
      max_duration_seconds: ["--max-duration", seconds],
      attribute: "--attribute",
      objective: "--objective",
      scope: "--scope",
      outcome: "--outcome",
      sort: "--sort",
      limit: "--limit",
    },
  },
  { path: "traces/*", ...one("trace show") },
  { path: "traces/*/comparison", command: "trace compare", argument: "with", options: {} },
  { path: "logs", command: "log ls", options: LINES, words: "q" },
  { path: "logs/facets", command: "log facets", options: { ...LINES, field: "--field" }, words: "q" },
  { path: "logs/patterns", command: "log patterns", options: LINES, words: "q" },
  { path: "sampling", command: "sampling ls", options: { ...RANGE, service: "--service", ...PLACE } },
];

const API = "/api/v1/";
/** Where commands look by themselves. */
const USUAL = "http://127.0.0.1:7070";

/** The command for the address of a read, or null where none prints the same. */
export function commandOf(address: string): string | null {
  const { origin, pathname, searchParams } = new URL(address);
  if (!pathname.startsWith(API)) return null;
  const parts = pathname.slice(API.length).split("/");
  const asked = [...searchParams].filter(([name, value]) => value !== "" || name === "unit");
  const found = ROWS.filter((row) => isOf(row, parts) && hasArgument(row, asked))[0];
  if (found === undefined) return null;
  const names = parts.filter((_, place) => found.path.split("/")[place] === "*").map(nameIn);
  const said = saidOf(found, names, asked);
  if (said === null) return null;
  const { words, ...rest } = said;
  const url = origin === USUAL ? [] : ["--url", quoted(origin)];
  return ["holdfast", found.command, ...rest.arguments, ...rest.options, ...url, ...words].join(" ");
}

type Asked = readonly (readonly [string, string])[];

function isOf({ path }: Row, parts: readonly string[]): boolean {
  const own = path.split("/");
  return own.length === parts.length && own.every((part, place) => part === "*" || part === parts[place]);
}

const hasArgument = ({ argument }: Row, asked: Asked) =>
  argument === undefined || asked.some(([name]) => name === argument);

/** Arguments that begin with a dash would be read as options. */
const isOption = (value: string) => value.startsWith("-");

function saidOf(row: Row, names: readonly string[], asked: Asked) {
  const said = { arguments: names.map(quoted), options: [] as string[], words: [] as string[] };
  if (names.some(isOption)) return null;
  for (const [name, value] of asked) {
    const option = row.options[name];
    const flag = row.flags?.[`${name}=${value}`];
    if (name === row.argument && !isOption(value)) said.arguments.push(quoted(value));
    else if (name === row.words) said.words = ["--", ...wordsOf(value).map(quoted)];
    else if (flag !== undefined) said.options.push(flag);
    else if (option !== undefined && value !== "") said.options.push(...optionOf(option, value));
    else if (row.implied?.[name] !== value && !PAGING.has(name)) return null;
  }
  return said;
}

function optionOf(option: string | readonly [string, Value], value: string): string[] {
  const [name, as] = typeof option === "string" ? [option, (same: string) => same] : option;
  return isOption(value) ? [`${name}=${quoted(as(value))}`] : [name, quoted(as(value))];
}

/** The words of a search; what stands in quotation marks stays one. */
const wordsOf = (text: string): readonly string[] => text.match(/-?"[^"]*"|\S+/g) ?? [];
