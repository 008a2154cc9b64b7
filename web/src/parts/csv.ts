// A table as CSV, RFC 4180: every field the server answered with, raw, in the order of the rows on the page. Pure.

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The rows with a head of their fields; a field of a field has both names, lists are JSON. */
export function csvOf(rows: readonly unknown[]): string {
  const flat = rows.map((row) => new Map(fieldsOf(row)));
  const names = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = [names, ...flat.map((row) => names.map((name) => row.get(name)))];
  return lines.map((line) => `${line.map(cellOf).join(",")}\r\n`).join("");
}

function fieldsOf(value: unknown, name = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[name || "value", value]];
  return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner, name ? `${name}.${key}` : key));
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A spreadsheet would run a text that begins like a formula; names come from whoever sends telemetry.
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as a file for a spreadsheet. */
export const csvFile = (rows: readonly unknown[]) =>
  new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" });

/** Hands something to the browser as a file. */
export function download(name: string, content: Blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** "Found services" to "found-services.csv". */
export const fileOf = (label: string, ending = "csv") =>
  `${label.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${ending}`;
