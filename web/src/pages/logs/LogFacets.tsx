// Most frequent: a value narrows the search to it, the sign beside it leaves it out.

import type { UseQueryResult } from "@tanstack/react-query";
import type { LogFacet, Severity } from "../../api/logs";
import { LineBones } from "../../parts/Bones";
import { Answered } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Sign } from "../../parts/Sign";
import { count } from "../../words/counts";
import { SEVERITIES } from "./looks";
import type { LogSearch } from "./search";

type Props = { facets: UseQueryResult<{ items: LogFacet[] }>; search: LogSearch };

export function LogFacets({ facets, search }: Props) {
  return (
    <Panel name="Most frequent" of="− excludes one">
      <Answered query={facets} small bones={<LineBones lines={9} />}>
        {({ items }) => (
          <>
            {items.filter(telling).map((facet) => (
              <Facet key={facet.field} facet={facet} search={search} />
            ))}
            {!items.some(telling) && <p className="footnote">No lines to break down.</p>}
          </>
        )}
      </Answered>
    </Panel>
  );
}

/** Whether any line has the field at all. */
function telling(facet: LogFacet): boolean {
  return facet.values.some(({ value }) => value !== "" && value !== "unspecified");
}

function Facet({ facet, search }: { facet: LogFacet; search: LogSearch }) {
  const { exact, looked_at, of } = facet.basis;
  return (
    <section className="facet" aria-label={facet.field}>
      <div className="facet-head">
        <b>{facet.field}</b>
        {!exact && (
          <span
            className="footnote"
            title={`Estimated from ${count(looked_at)} of ${count(of)} lines, sampled evenly over the range`}
          >
            estimated
          </span>
        )}
      </div>
      {facet.values.map(({ value, lines }) => (
        <Value
          key={value}
          field={facet.field}
          value={value}
          lines={exact ? count(lines) : `≈ ${count(lines)}`}
          search={search}
        />
      ))}
    </section>
  );
}

function Value({
  field,
  value,
  lines,
  search,
}: {
  field: string;
  value: string;
  lines: string;
  search: LogSearch;
}) {
  const only = `${field}=${value}`;
  const without = `${field}!=${value}`;
  const words = value === "" ? "(none)" : value;
  const look = field === "severity" ? SEVERITIES[value as Severity] : undefined;
  return (
    <div className="log-facet">
      <button
        type="button"
        className="facet-value"
        aria-pressed={search.where.includes(only)}
        title={`Only ${field} = ${words}`}
        onClick={() => search.turn(only)}
      >
        <span className={look ? `tone-${look.tone}` : undefined}>
          {look && <Sign sign={look.sign} />} {look ? look.word : words}
        </span>
        <span className="number">{lines}</span>
      </button>
      <button
        type="button"
        className="log-without"
        aria-pressed={search.where.includes(without)}
        aria-label={`Exclude ${field} ${words}`}
        title={`Exclude ${field} = ${words}`}
        onClick={() => search.turn(without)}
      >
        −
      </button>
    </div>
  );
}
