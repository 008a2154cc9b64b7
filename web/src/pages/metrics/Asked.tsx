// What is asked of the metric, in one row: the function, the groups, the filters; each can be taken back.

import type { MetricDetail, MetricSeries } from "../../api/types";
import { Picker } from "../../parts/Picker";
import { unitName } from "../../words/units";
import { EACH, type useAsked } from "./asking";
import { kindWords } from "./MetricList";

type Props = { metric: MetricDetail; series: MetricSeries | undefined; asked: ReturnType<typeof useAsked> };

const FUNCTION_WORDS: Readonly<Record<string, string>> = {
  rate: "rate, per second",
  increase: "increase, per step",
  avg: "average",
  min: "least",
  max: "most",
  sum: "sum of all series",
  last: "newest",
};

export function functionWords(fn: string): string {
  return FUNCTION_WORDS[fn] ?? fn;
}

export function Asked({ metric, series, asked }: Props) {
  const { ask, pick, pickStream, turnGroup, turnFilter } = asked;
  const stream = series?.stream ?? metric.streams[0];
  if (stream === undefined) return null;
  const fn = series?.fn ?? ask.fn ?? stream.functions[0] ?? "";
  const functions = stream.functions.includes(fn) ? stream.functions : [fn, ...stream.functions];
  const groups = metric.attributes
    .filter(({ key }) => !ask.by.includes(key))
    .map(({ key }) => ({ value: key, words: key }));
  const streamKey = `${stream.kind} ${stream.unit}`;
  return (
    <div className="asked" role="group" aria-label="Function">
      <Picker
        label="Function"
        value={fn}
        options={functions.map((each) => ({ value: each, words: functionWords(each) }))}
        onPick={(value) => pick("fn", value)}
      />
      {metric.streams.length > 1 && (
        <Picker
          label="Of"
          value={streamKey}
          options={metric.streams.map((each) => ({
            value: `${each.kind} ${each.unit}`,
            words: `${kindWords(each.kind, each.is_monotonic)} in ${unitName(each.unit) || "no unit"}`,
          }))}
          onPick={(value) => {
            const found = metric.streams.find((each) => `${each.kind} ${each.unit}` === value);
            if (found) pickStream(found.kind, found.unit);
          }}
        />
      )}
      <Picker
        label="Group by"
        value=""
        shown={ask.by.length > 0 ? "+" : "nothing"}
        options={[{ value: EACH, words: "each series" }, ...groups]}
        onPick={turnGroup}
      />
      {ask.by.map((key) => (
        <Chip key={key} words={key === EACH ? "each series" : `by ${key}`} onRemove={() => turnGroup(key)} />
      ))}
      {ask.where.map((filter) => (
        <Chip key={filter} words={filter} onRemove={() => turnFilter(filter)} />
      ))}
    </div>
  );
}

function Chip({ words, onRemove }: { words: string; onRemove: () => void }) {
  return (
    <span className="asked-chip">
      <span title={words}>{words}</span>
      <button type="button" aria-label={`Remove ${words}`} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}
