import type { AlertTier } from "../../api/types";
import { BurnChip } from "../../parts/BurnChip";
import { Moment } from "../../parts/Moment";
import { lookOf, TIER_STATES, type Tone } from "../../states/states";
import { capital, percent, timesFaster } from "../../words/counts";
import { durationWords, windowWords } from "../../words/durations";

/** The alert tiers as they stand: which fires, which would, at this rate, and when. */
export function Tiers({ tiers }: { tiers: readonly AlertTier[] }) {
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Alert tiers" id="tiers">
      <table className="table">
        <thead>
          <tr>
            <th scope="col" style={{ width: "19%" }}>
              Alert
            </th>
            <th scope="col" style={{ width: "17%" }}>
              Windows
            </th>
            <th scope="col" style={{ width: "11%" }}>
              Threshold
            </th>
            <th scope="col" style={{ width: "15%" }}>
              Now
            </th>
            <th scope="col">
              Fires at this rate
            </th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {tiers.map((tier) => (
            <Tier key={tier.name} tier={tier} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Tier({ tier }: { tier: AlertTier }) {
  return (
    <tr title={tier.reason}>
      <td className="strong">
        {capital(tier.severity)}, {percent(tier.budget_share, 1)} of budget
      </td>
      <td>
        {windowWords(tier.long)} and {windowWords(tier.short)}
      </td>
      <td>{timesFaster(tier.threshold)}</td>
      <td>
        <BurnChip rate={tier.long_rate} tone={toneOf(tier.long_rate, tier)} window={windowWords(tier.long)} />{" "}
        <BurnChip rate={tier.short_rate} tone={toneOf(tier.short_rate, tier)} window={windowWords(tier.short)} />
      </td>
      <td className="wraps">{firesWords(tier)}</td>
      <td>{tier.since === null ? "—" : <Moment at={tier.since} />}</td>
    </tr>
  );
}

function toneOf(rate: number | null, tier: AlertTier): Tone {
  if (rate === null || rate <= 1) return "plain";
  return rate >= tier.threshold ? "bad" : "warn";
}

function firesWords(tier: AlertTier): string {
  if (tier.state === "left_out") return `left out: ${tier.reason}`;
  if (tier.state !== "ok") return lookOf(TIER_STATES, tier.state).word;
  return tier.fires_in_seconds === null ? "not at this rate" : `in ${durationWords(tier.fires_in_seconds)}`;
}
