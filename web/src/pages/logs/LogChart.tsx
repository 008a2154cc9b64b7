import { useMemo } from "react";
import type { LogHistogram, Severity } from "../../api/logs";
import type { Line } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import type { Range } from "../../range/range";

export const CHART_PIXELS = 132;

const SHOWN: ReadonlyArray<{ label: string; colour: Line["colour"]; of: readonly Severity[] }> = [
  { label: "error", colour: "bad", of: ["fatal", "error"] },
  { label: "warn", colour: "warn", of: ["warn"] },
  { label: "other", colour: "faint", of: ["info", "debug", "trace", "unspecified"] },
];

/** Lines over time by how bad they are; drawing over it chooses that stretch. */
export function LogChart({ histogram, onBrush }: { histogram: LogHistogram; onBrush: (range: Range) => void }) {
  const lines = useMemo(() => linesOf(histogram), [histogram]);
  return <TimeChart label="Lines" times={histogram.times_epoch} lines={lines} unit="count" least={4} height={CHART_PIXELS} onBrush={onBrush} />;
}

function linesOf(histogram: LogHistogram): Line[] {
  return SHOWN.map(({ label, colour, of }): Line => {
    const parts = histogram.severities.filter(({ severity }) => of.includes(severity));
    const values = histogram.times_epoch.map((_, step) => parts.reduce((sum, part) => sum + part.lines[step]!, 0));
    return { label, colour, values, filled: true, tagged: parts.length > 0 };
  }).filter(({ tagged, label }) => tagged || label === "other");
}
