// The attributes of a metric's series: a value filters, a name groups.

import type { MetricAttribute } from "../../api/types";
import { Panel } from "../../parts/Panel";
import { count, countOf } from "../../words/counts";
import type { useAsked } from "./asking";

const SHOWN = 6;

export function Facets({
  attributes,
  asked,
}: {
  attributes: readonly MetricAttribute[];
  asked: ReturnType<typeof useAsked>;
}) {
  // What is the same for every series tells nothing apart: it comes last.
  const telling = [...attributes].sort((one, other) => Number(one.values === 1) - Number(other.values === 1));
  return (
    <Panel name="Attributes" of="click a value to filter">
      {telling.map((attribute) => (
        <Facet key={`${attribute.place} ${attribute.key}`} attribute={attribute} asked={asked} />
      ))}
      {attributes.length === 0 && <p className="footnote">The points have no attributes.</p>}
    </Panel>
  );
}

function Facet({ attribute, asked }: { attribute: MetricAttribute; asked: ReturnType<typeof useAsked> }) {
  const { key, commonest, values } = attribute;
  const grouped = asked.ask.by.includes(key);
  return (
    <section className="facet" aria-label={key}>
      <div className="facet-head">
        <b title={`An attribute of the ${attribute.place}`}>{key}</b>
        {values > 1 && (
          <button
            type="button"
            className="button button-small"
            aria-pressed={grouped}
            onClick={() => asked.turnGroup(key)}
          >
            {grouped ? "Grouped" : "Group"}
          </button>
        )}
      </div>
      {commonest.slice(0, SHOWN).map(({ value, series }) => (
        <button
          key={value}
          type="button"
          className="facet-value"
          aria-pressed={asked.ask.where.includes(`${key}=${value}`)}
          title={`Only ${key} = ${value}`}
          onClick={() => asked.turnFilter(`${key}=${value}`)}
        >
          <span>{value === "" ? "(empty)" : value}</span>
          <span className="number" title={countOf(series, "series")}>
            {count(series)}
          </span>
        </button>
      ))}
      {values > Math.min(SHOWN, commonest.length) && (
        <p className="footnote">{countOf(values - Math.min(SHOWN, commonest.length), "more values")}</p>
      )}
    </section>
  );
}
