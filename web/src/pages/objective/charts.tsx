// The three charts of an objective. Lines are made once for each answer, so that a poll without news redraws nothing.

import { useMemo } from "react";
import type { AlertTier, ObjectiveSeries } from "../../api/types";
import type { Band, Line, Threshold } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import type { Range } from "../../range/range";
import { budgetWarp, burnWarp } from "../../charts/warp";

type Props = { series: ObjectiveSeries; onBrush: (range: Range) => void };

export function BudgetChart({ series, spent, onBrush }: Props & { spent: string }) {
  const values = series.budget_remaining_ratio;
  const lowest = values.reduce<number>((least, value) => Math.min(least, value ?? 0), 0);
  const warp = useMemo(() => (lowest < -1 ? budgetWarp(lowest) : undefined), [lowest]);
  const lines = useMemo<Line[]>(
    () => [{ label: "budget left", values, colour: lowest < 0 ? "bad" : "accent", filled: true }],
    [values, lowest],
  );
  return (
    <TimeChart
      label="Error budget left"
      times={series.times_epoch}
      lines={lines}
      unit="ratio"
      least={1}
      warp={warp}
      thresholds={lowest < 0 ? [{ at: 0, label: `budget used up: ${spent}`, heavy: true }] : NONE}
      marks={series.marks}
      onBrush={onBrush}
    />
  );
}

const NONE: readonly Threshold[] = [];

export function BurnChart({ series, tiers, onBrush }: Props & { tiers: readonly AlertTier[] }) {
  const lines = useMemo<Line[]>(
    () => [
      { label: "1 h", values: series.burn["1h"] ?? [], colour: "bad", tagged: true },
      { label: "6 h", values: series.burn["6h"] ?? [], colour: "warn", tagged: true },
    ],
    [series],
  );
  const bands = useMemo(() => bandsOf(tiers), [tiers]);
  const highest = Math.max(...lines.flatMap((line) => line.values.map((value) => value ?? 0)), 0);
  const warp = useMemo(
    () =>
      burnWarp(
        highest,
        bands.slice(1).map((band) => band.from),
      ),
    [highest, bands],
  );
  return (
    <TimeChart
      label="Burn rate"
      times={series.times_epoch}
      lines={lines}
      unit="times"
      warp={warp}
      bands={bands}
      marks={series.marks}
      onBrush={onBrush}
    />
  );
}

/** What each tier would do, as bands from its threshold to the next; below the lowest the budget lasts. */
export function bandsOf(tiers: readonly AlertTier[]): Band[] {
  const steps = tiers
    .filter((tier) => tier.status !== "inactive")
    .sort((one, other) => one.threshold - other.threshold);
  const above = steps.map(({ threshold, severity }, index): Band => ({
    from: threshold,
    to: steps[index + 1]?.threshold ?? Number.MAX_VALUE,
    label: index === steps.length - 1 && severity === "page" ? "page at once" : severity,
    tone: severity === "page" ? "bad" : "warn",
  }));
  return [{ from: 0, to: steps[0]?.threshold ?? 1, label: "within budget", tone: "ok" }, ...above];
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
