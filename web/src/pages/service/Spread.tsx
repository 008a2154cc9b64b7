// Where a service's requests fail: by zone, version or instance, and one sentence that judges all three.

import { Link } from "wouter";
import { useServiceSpread } from "../../api/services";
import type { ServiceDetail, Spread as Found, SpreadBy, SpreadPart } from "../../api/types";
import { oneOf, useSearchState } from "../../app/searchState";
import { LineBones } from "../../parts/Bones";
import { Meter } from "../../parts/Meter";
import { Answered, Quiet } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Segments } from "../../parts/Segments";
import { tracesPath } from "../../paths";
import { type Range, rangeWords, useRange } from "../../range/range";
import { count, percent, share } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { clock } from "../../words/moments";
import { listOf } from "../../words/services";

const DIVISIONS = [
  { value: "zone", words: "Zone" },
  { value: "version", words: "Version" },
  { value: "instance", words: "Instance" },
] as const;
const PARAMS = { by: oneOf(["zone", "version", "instance"], "zone") };
/** From this share of failures on a part is red, unless another one stands out. */
const ILL = 0.01;

export function Spread({ service }: { service: ServiceDetail }) {
  const range = useRange();
  const [{ by }, set] = useSearchState(PARAMS, "replace");
  const looked = range.or("now-5m");
  const found = useServiceSpread(service.name, service.namespace, looked, by);
  return (
    <Panel id="spread" name="Failing requests" of={range.chosen ? rangeWords(range.chosen) : "last 5 min"}>
      <Segments label="Compare" value={by} options={DIVISIONS} onPick={(value) => set({ by: value })} />
      <Answered query={found} small bones={<LineBones lines={3} />}>
        {(data) => <Parts found={data} service={service} range={looked} />}
      </Answered>
      <Before service={service} />
    </Panel>
  );
}

/** Calls that fail before they reach the service are in no zone, version or instance of it. */
function Before({ service: { name, now } }: { service: ServiceDetail }) {
  const before = now.failed_before;
  if (before === null) return null;
  return (
    <p className="callout">
      Of calls to {name}, {before.sentence}: check {placeOf(before, name)}.
    </p>
  );
}

type FailedBefore = NonNullable<ServiceDetail["now"]["failed_before"]>;

/** "the proxies from checkout to pricing", "the connection from checkout". */
function placeOf({ where, callers }: FailedBefore, name: string): string {
  const from = listOf(callers);
  if (where === "connection") return `the connection${from && ` from ${from}`}`;
  return from ? `the proxies from ${from} to ${name}` : "the proxies before it";
}

type Shown = { found: Found; service: ServiceDetail; range: Range };

function Parts({ found, service, range }: Shown) {
  if (found.parts.length === 0) return <Quiet>{found.summary}</Quiet>;
  const one = found.parts.some((part) => part.stands_out);
  return (
    <>
      <ul className="spreads">
        {found.parts.map((part) => {
          const bad = one ? part.stands_out : (part.error_ratio ?? 0) >= ILL;
          return (
            <li key={part.value} className="listed spread-row">
              <span className="spread-name">
                <Link
                  href={failedPath(part, found.by, service, range)}
                  className="name-link"
                  title={part.value}
                >
                  {part.value || `no ${found.by}`}
                </Link>
                <Sent part={part} />
              </span>
              <Meter ratio={part.error_ratio ?? 0} tone={bad ? "bad" : "plain"} />
              <span className={`number${bad ? " tone-bad strong" : ""}`} title={percent(part.error_ratio, 2)}>
                {share(part.error_ratio ?? 0)}
              </span>
              <span className="number muted">
                {count(part.errors)} of {count(part.requests)}
              </span>
              <span className="number muted" title="Duration, p99">
                {latencyWords(part.p99_seconds)}
              </span>
            </li>
          );
        })}
      </ul>
      {(one || service.now.failed_before === null) && <p className="callout">{found.summary}</p>}
      <Counted found={found} />
    </>
  );
}

/** A part that did not send all the time has fewer requests, and is not compared over the rest. */
function Sent({ part: { sent_from: from, sent_until: until } }: { part: SpreadPart }) {
  const words = [from && `from ${clock(from)}`, until && `until ${clock(until)}`].filter(Boolean).join(" ");
  return words && <small className="tone-warn">sent only {words}</small>;
}

/** How much of the whole the rows are, where they are not all of it. */
function Counted({ found }: { found: Found }) {
  const parts = [
    found.values > found.parts.length &&
      `${count(found.parts.length)} of ${count(found.values)} ${found.by}s, those with most failures.`,
    found.sampled_share > 1 && `Counted in 1 of ${count(found.sampled_share)} intervals of 10 s.`,
  ].filter(Boolean);
  return parts.length === 0 ? null : <p className="footnote">{parts.join(" ")}</p>;
}

/** The traces of a part's failures; of one without failures, all of them. */
function failedPath(part: SpreadPart, by: SpreadBy, service: ServiceDetail, range: Range): string {
  const own = by === "instance" ? { attribute: `${part.attribute}=${part.value}` } : { [by]: part.value };
  const failed = part.errors > 0 ? { status: "error" } : {};
  return tracesPath({ service: service.name, scope: "any", ...failed, ...(part.value ? own : {}), range });
}
