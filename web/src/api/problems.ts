// The one place where the server's errors become words: what was tried, with which value, what to do next.

import { cameFrom } from "../export/figures";

type ProblemLine = { path?: string; value?: unknown; rule?: string; message?: string };
type ProblemDocument = {
  title?: string;
  detail?: string;
  value?: unknown;
  rule?: string | null;
  problems?: ProblemLine[];
};

/** A request that did not end well. `status` is 0 when there was no answer at all. */
export class Problem extends Error {
  readonly tried: string;
  readonly status: number;
  readonly document: ProblemDocument;

  constructor(tried: string, status: number, document: ProblemDocument) {
    super(document.detail ?? document.title ?? `status ${status}`);
    this.tried = tried;
    this.status = status;
    this.document = document;
  }
}

export type ProblemWords = { title: string; detail: string; next: string };

const NEXT: Record<number, string> = {
  0: "Is `holdfast serve` running, and reachable from here? The page retries automatically.",
  401: "Sign in with a token: `holdfast access token create --role viewer` makes one.",
  403: "Ask an administrator for a token with that role.",
  404: "Check the name, or go back to the list: it may have been renamed or removed.",
  409: "Check its current state, then try again.",
  422: "Correct the value and send it again.",
  429: "Wait a moment; the page retries automatically.",
  503: "The page retries automatically. `holdfast doctor` shows which part is missing.",
};

/** Title, detail and next step for any error. */
export function problemWords(error: unknown): ProblemWords {
  if (!(error instanceof Problem)) {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      title: "The page failed",
      detail,
      next: "Reload it; if it happens again, this is a bug worth reporting.",
    };
  }
  return {
    title: `Could not ${error.tried}`,
    detail: detailOf(error),
    next: NEXT[error.status] ?? "See the server's log; `holdfast doctor` checks the rest.",
  };
}

function detailOf(problem: Problem): string {
  if (problem.status === 0) return "The server does not answer.";
  const { title, detail, value, problems = [] } = problem.document;
  const sentence = detail ?? title ?? `The server answered with status ${problem.status}.`;
  const known = valueWords(value);
  const shown = known === null || sentence.includes(known) ? "" : ` (value: ${known})`;
  const lines = problems.map((line) => ` ${line.path ?? ""}: ${line.message ?? line.rule ?? ""}`);
  return [`${sentence}${shown}`, ...lines].join("\n");
}

/** The refused value as text; objects as they were sent, null where there is none. */
function valueWords(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** There is no such thing, as far as the server knows. */
export function isUnknown(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

/** What was asked breaks a rule: here, that a name is enough if several have it. */
export function isRefused(error: unknown): boolean {
  return error instanceof Problem && error.status === 400;
}

/** Unwrap an answer of the generated client, or throw a Problem that says what was tried. */
export async function answer<Data>(
  tried: string,
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  let result;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(tried, 0, {});
  }
  // A 204 has no data, and means it.
  if (result.response.ok) return cameFrom(result.data as Data, result.response.url);
  throw new Problem(tried, result.response.status, documentOf(result.error));
}

function documentOf(error: unknown): ProblemDocument {
  return typeof error === "object" && error !== null ? error : {};
}
