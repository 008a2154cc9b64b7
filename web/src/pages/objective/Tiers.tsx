import type { AlertTier } from "../../api/types";
import { BurnChip } from "../../parts/BurnChip";
import { Moment } from "../../parts/Moment";
import { StateChip } from "../../parts/StateChip";
import { TableMenu } from "../../parts/TableMenu";
import { ALERT_STATUSES, lookOf, type Tone } from "../../states/states";
import { capital, timesFaster } from "../../words/counts";
import { durationWords, windowWords } from "../../words/durations";

/** The alert tiers: what each does and why, and when it fires at this rate. */
export function Tiers({ tiers }: { tiers: readonly AlertTier[] }) {
  return (
    <section className="panel" style={{ marginTop: 14 }} aria-label="Alert tiers" id="tiers">
      <TableMenu label="Alert tiers" rows={tiers} />
      <table className="table cards tiers">
        <thead>
          <tr>
            <th scope="col" style={{ width: "15%" }}>
              Alert
            </th>
            <th scope="col" style={{ width: "12%" }}>
              Windows
            </th>
            <th scope="col" style={{ width: "8%" }}>
              Threshold
            </th>
            <th scope="col" style={{ width: "10%" }}>
              Now
            </th>
            <th scope="col" style={{ width: "9%" }}>
              Status
            </th>
            <th scope="col">Why</th>
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
  const since = tier.since ?? tier.resolved_at;
  return (
    <tr>
      <td className="strong">
        {capital(tier.severity)}, {shareWords(tier.budget_share)} of budget
      </td>
      <td data-words="over">
        {windowWords(tier.long)} and {windowWords(tier.short)}
      </td>
      <td data-words="threshold">{timesFaster(tier.threshold)}</td>
      <td data-words="now">
        <BurnChip rate={tier.long_rate} tone={toneOf(tier.long_rate, tier)} window={windowWords(tier.long)} />{" "}
        <BurnChip
          rate={tier.short_rate}
          tone={toneOf(tier.short_rate, tier)}
          window={windowWords(tier.short)}
        />
      </td>
      <td>
        <StateChip look={lookOf(ALERT_STATUSES, tier.status)} />
      </td>
      <td className="wraps">{whyWords(tier)}</td>
      <td data-words="since">{since === null ? "—" : <Moment at={since} />}</td>
    </tr>
  );
}

/** "10%", "2.5%": rounded, because it is computed from a rounded threshold; a floor makes 9.9% of 10%. */
export function shareWords(ratio: number | null): string {
  return ratio === null ? "—" : `${Number((ratio * 100).toFixed(1)).toLocaleString("en")}%`;
}

function toneOf(rate: number | null, tier: AlertTier): Tone {
  if (rate === null || rate <= 1) return "plain";
  return rate >= tier.threshold ? "bad" : "warn";
}

/** The server's sentence, and when the tier fires if errors go on like this. */
export function whyWords({
  reason,
  fires_in_seconds: seconds,
}: Pick<AlertTier, "reason" | "fires_in_seconds">): string {
  return seconds ? `${reason}; fires in ${durationWords(seconds)} at this rate` : reason;
}
