// A service that sent no spans in the range: what it sent instead, where else its name is, and how to look further.

import { Link } from "wouter";
import { type LogAsk, useLogHistogram } from "../../api/logs";
import { useMetrics } from "../../api/metricQueries";
import { useChanges } from "../../api/queries";
import { useServicesEverywhere } from "../../api/services";
import { useEnvironment } from "../../app/environment";
import { Empty } from "../../parts/Notice";
import { changesPath, logsPath, metricsPath } from "../../paths";
import { type Range, rangeWords, useRange } from "../../range/range";
import { count, countOf } from "../../words/counts";
import { NamesakeTable } from "./Namesakes";

const LONGER = { from: "now-28d", to: "now" };

export function NoSpans({ name }: { name: string }) {
  const range = useRange();
  const [environment] = useEnvironment();
  const looked = range.or("now-1h");
  const found = useSent(name, looked);
  return (
    <>
      <Empty
        title={`${name} sent no spans ${environment === null ? "" : `from ${environment} `}in this range`}
        actions={
          <>
            {found.map((one) => (
              <Sent key={one.what} {...one} />
            ))}
            {looked.from !== LONGER.from && (
              <button type="button" className="button" onClick={() => range.choose(LONGER)}>
                Spans of the last 28 d
              </button>
            )}
          </>
        }
      >
        Rate, errors and durations are counted from spans; it sent none in the {rangeWords(looked)}.{" "}
        {sentWords(found)}
      </Empty>
      <Elsewhere name={name} />
    </>
  );
}

/** `number` is undefined until it is known; `more` where it is at least as many. */
type Found = { what: string; number: number | undefined; more?: boolean; href: string };

/** What a service sent that is not spans, and what was done to it. */
function useSent(name: string, looked: Range): Found[] {
  const { chosen } = useRange();
  const where = `service=${name}`;
  const ask: LogAsk = { ...looked, where: [where] };
  const lines = useLogHistogram(ask).data?.total;
  const metrics = useMetrics(looked, "", name).data;
  const changes = useChanges(looked).data?.items.filter((change) => change.service === name);
  const plots = metricsPath({ range: chosen, service: name });
  return [
    { what: "log lines", number: lines, href: logsPath({ ...(chosen ?? {}), where }) },
    { what: "metrics", number: metrics?.items.length, more: !!metrics?.next, href: plots },
    { what: "changes", number: changes?.length, href: changesPath({ range: chosen, q: name }) },
  ];
}

function sentWords(found: readonly Found[]): string {
  if (found.some(({ number }) => number === undefined)) return "";
  if (found.every(({ number }) => number === 0))
    return "No log lines, metrics or changes of it either: check name and environment, or look further back.";
  return "What else is known of it:";
}

function Sent(found: Found) {
  if (found.number === 0)
    return (
      <span className="button" aria-disabled="true">
        no {found.what}
      </span>
    );
  return (
    <Link href={found.href} className="button">
      {numberWords(found)}
    </Link>
  );
}

function numberWords({ what, number, more = false }: Found): string {
  if (number === undefined) return what;
  return more ? `${count(number)} or more ${what}` : countOf(number, what);
}

/** The services of this name in other environments, for whoever looks for one in the wrong one. */
function Elsewhere({ name }: { name: string }) {
  const found = useServicesEverywhere(useRange().or("now-1h"), name).data?.items ?? [];
  const sending = found.filter((service) => service.name === name && service.last_seen !== null);
  if (sending.length === 0) return null;
  return (
    <>
      <p className="before-table">
        <b>{name} sends spans from elsewhere</b>
      </p>
      <NamesakeTable label={`${name} elsewhere`} services={sending} />
    </>
  );
}
