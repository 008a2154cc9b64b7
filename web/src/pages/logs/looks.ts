import type { Severity } from "../../api/logs";
import type { StateLook } from "../../states/states";

/** How bad a line says it is: sign, word and tone. Only what wants attention is coloured. */
export const SEVERITIES: Record<Severity, StateLook> = {
  fatal: { sign: "square", word: "fatal", tone: "bad" },
  error: { sign: "square", word: "error", tone: "bad" },
  warn: { sign: "triangle", word: "warn", tone: "warn" },
  info: { sign: "circle", word: "info", tone: "plain" },
  debug: { sign: "ring", word: "debug", tone: "plain" },
  trace: { sign: "ring", word: "trace", tone: "plain" },
  unspecified: { sign: "ring", word: "no severity", tone: "plain" },
};
