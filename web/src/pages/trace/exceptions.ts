// The exceptions a span noted, by OpenTelemetry's names.

import type { Span } from "../../api/types";

export type Exception = { offset_seconds: number; type: string; message: string };

/** Type and message of each exception event of a span. */
export function exceptionsOf(span: Span): Exception[] {
  return span.events
    .filter((event) => event.name === "exception")
    .map(({ offset_seconds, attributes }) => ({
      offset_seconds,
      type: attributes["exception.type"] ?? "exception",
      message: attributes["exception.message"] ?? "",
    }));
}
