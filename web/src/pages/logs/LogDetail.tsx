import { Link } from "wouter";
import type { LogLine } from "../../api/logs";
import { senderPath, tracePath } from "../../paths";
import { fullMoment } from "../../words/moments";
import type { LogSearch } from "./search";
import { aroundLine, linesOfItsTrace } from "./ways";

/** Everything a line knows, and where it leads. */
export function LogDetail({ line, search }: { line: LogLine; search: LogSearch }) {
  return (
    <div className="log-detail">
      <pre>{line.body || "(empty line)"}</pre>
      <div className="row log-ways">
        {line.trace_id && (
          <>
            <Link href={tracePath(line.trace_id, { span: line.span_id })} className="button button-small">
              Open trace
            </Link>
            <Link
              href={linesOfItsTrace(line.id, line.trace_id, search.range.chosen)}
              className="button button-small"
            >
              All lines of this trace
            </Link>
          </>
        )}
        <Link href={aroundLine(line.id)} className="button button-small">
          Lines around it
        </Link>
        <Link href={senderPath(line)} className="button button-small">
          Service {line.service}
        </Link>
      </div>
      <dl className="facts">
        <Fact name="time" value={fullMoment(line.at)} />
        <Fact name="service" value={line.service} search={search} />
        {line.zone && <Fact name="zone" value={line.zone} search={search} />}
        {line.version && <Fact name="version" value={line.version} search={search} />}
        {line.event && <Fact name="event" value={line.event} search={search} />}
        {line.scope && <Fact name="scope" value={line.scope} search={search} />}
        {line.trace_id && <Fact name="trace" value={line.trace_id} search={search} />}
        {Object.entries(line.attributes).map(([key, value]) => (
          <Fact key={key} name={key} value={value} search={search} />
        ))}
        {Object.entries(line.resource)
          .filter(
            ([key]) =>
              !(key in line.attributes) &&
              !["service.name", "cloud.availability_zone", "service.version"].includes(key),
          )
          .map(([key, value]) => (
            <Fact key={key} name={key} value={value} search={search} />
          ))}
      </dl>
    </div>
  );
}

function Fact({ name, value, search }: { name: string; value: string; search?: LogSearch }) {
  return (
    <div className="log-fact">
      <dt>{name}</dt>
      <dd>
        {value}
        {search && (
          <>
            <button
              type="button"
              className="log-turn"
              aria-label={`Only ${name} ${value}`}
              title={`Only ${name} = ${value}`}
              onClick={() => search.turn(`${name}=${value}`)}
            >
              +
            </button>
            <button
              type="button"
              className="log-turn"
              aria-label={`Exclude ${name} ${value}`}
              title={`Exclude ${name} = ${value}`}
              onClick={() => search.turn(`${name}!=${value}`)}
            >
              −
            </button>
          </>
        )}
      </dd>
    </div>
  );
}
