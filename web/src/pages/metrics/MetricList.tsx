// The metrics there are, filtered as you type; the one looked at is marked.

import type { UseQueryResult } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link } from "wouter";
import type { Metric } from "../../api/types";
import { LineBones } from "../../parts/Bones";
import { Answered, Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Search } from "../../parts/Search";
import { metricPath } from "../../paths";
import type { Range } from "../../range/range";
import { count, countOf } from "../../words/counts";

type List = { items: Metric[]; next: string | null };
type Props = {
  metrics: Pick<UseQueryResult<List>, "data" | "error" | "refetch">;
  current: string;
  typed: string;
  onType: (text: string) => void;
  chosen: Range | null;
};

const KIND_WORDS: Readonly<Record<string, string>> = {
  gauge: "gauge",
  histogram: "histogram",
  exponential_histogram: "exp. histogram",
  summary: "summary",
};

/** One word for a kind in lists, details and plots: a sum that only grows is a counter. */
export function kindWords(kind: string, isMonotonic: boolean): string {
  if (kind === "sum") return isMonotonic ? "counter" : "up-down counter";
  return KIND_WORDS[kind] ?? kind;
}

export function MetricList({ metrics, current, typed, onType, chosen }: Props) {
  return (
    <Panel name="Metrics" aside={metrics.data && count(metrics.data.items.length)}>
      <div className="metric-search">
        <Search label="Find a metric" value={typed} onChange={onType} />
      </div>
      <Answered query={metrics} small bones={<LineBones lines={8} />}>
        {({ items, next }) => (
          <>
            <nav className="metric-list" aria-label="Metrics found">
              {items.map((metric) => (
                <Link
                  key={metric.name}
                  href={metricPath(metric.name, { range: chosen, q: typed })}
                  aria-current={metric.name === current ? "page" : undefined}
                  data-row={metric.name}
                  title={describe(metric)}
                >
                  <Name text={metric.name} />
                  <small>
                    {kindWords(metric.streams[0]?.kind ?? "", metric.streams[0]?.is_monotonic ?? false)}
                  </small>
                </Link>
              ))}
            </nav>
            {items.length === 0 && <Quiet>No metric matches “{typed}”.</Quiet>}
            {next !== null && <p className="footnote">More match; type more of the name.</p>}
          </>
        )}
      </Answered>
    </Panel>
  );
}

/** A name breaks at its dots and underscores, where it must break at all. */
function Name({ text }: { text: string }) {
  return (
    <span>
      {text.split(/(?<=[._/])/).map((part, place) => (
        <Fragment key={place}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}

function describe({ streams }: Metric): string {
  const [first] = streams;
  if (first === undefined) return "";
  const services =
    first.services.length > 3 ? `${count(first.services.length)} services` : first.services.join(", ");
  return [first.description, `${countOf(first.series, "series")} of ${services}`].filter(Boolean).join("\n");
}
