// The three charts of an objective. Lines are made once for each answer, so that a poll without news redraws nothing.

import { useMemo } from "react";
import type { AlertTier, ObjectiveSeries } from "../../api/types";
import type { Line } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import type { Range } from "../../range/range";
import { timesFaster } from "../../words/counts";

type Props = { series: ObjectiveSeries; onBrush: (range: Range) => void };

export function BudgetChart({ series, onBrush }: Props) {
  const lines = useMemo<Line[]>(
    () => [{ label: "budget left", values: series.budget_remaining_ratio, colour: "accent", filled: true }],
    [series],
  );
  return (
    <TimeChart
      label="Error budget left"
      times={series.times_epoch}
      lines={lines}
      unit="ratio"
      least={1}
      deepest={-1}
      marks={series.marks}
      onBrush={onBrush}
    />
  );
}

export function BurnChart({ series, tiers, onBrush }: Props & { tiers: readonly AlertTier[] }) {
  const lines = useMemo<Line[]>(
    () => [
      { label: "1 h", values: series.burn["1h"] ?? [], colour: "bad", tagged: true },
      { label: "6 h", values: series.burn["6h"] ?? [], colour: "warn", tagged: true },
    ],
    [series],
  );
  const thresholds = tiers
    .filter((tier) => tier.severity === "page" && tier.status !== "inactive")
    .map((tier) => ({ at: tier.threshold, label: `page ${timesFaster(tier.threshold)}` }));
  return (
    <TimeChart
      label="Burn rate"
      times={series.times_epoch}
      lines={lines}
      unit="times"
      least={2}
      thresholds={thresholds}
      marks={series.marks}
      onBrush={onBrush}
    />
  );
}

export function EventsChart({ series, onBrush }: Props) {
  const lines = useMemo<Line[]>(
    () => [
      { label: "total", values: series.total, colour: "accent", tagged: true },
      {
        label: "bad",
        values: series.total.map((total, index) => total - (series.good[index] ?? 0)),
        colour: "bad",
        filled: true,
        tagged: true,
      },
    ],
    [series],
  );
  return (
    <TimeChart
      label="Total and bad"
      times={series.times_epoch}
      lines={lines}
      unit="count"
      least={4}
      height={180}
      marks={series.marks}
      onBrush={onBrush}
    />
  );
}
