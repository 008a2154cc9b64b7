import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Span, TraceLog } from "../../api/types";
import { senderPath, tracePath, tracesPath } from "../../paths";
import { shortened } from "../../words/counts";
import { latencyWords } from "../../words/durations";
import { aroundLine } from "../logs/ways";

/** All that is stored of a span. Each attribute leads to the traces that have the same. */
export function SpanDetail({ span, logs }: { span: Span; logs: readonly TraceLog[] }) {
  return (
    <div className="trace-detail">
      <Facts facts={aboutOf(span)} />
      <Attributes name="Attributes" attributes={span.attributes} />
      <Attributes name="Resource" attributes={span.resource} />
      {span.events.map((event, index) => (
        <section key={`${index} ${event.name}`}>
          <h2>
            {event.name} <span className="muted">event at {latencyWords(event.offset_seconds)}</span>
          </h2>
          <Facts facts={Object.entries(event.attributes)} />
        </section>
      ))}
      {span.links.length > 0 && (
        <section>
          <h2>Links</h2>
          <ul>
            {span.links.map((link) => (
              <li key={`${link.trace_id} ${link.span_id}`}>
                <Link href={tracePath(link.trace_id, { span: link.span_id })} className="link">
                  trace {shortened(link.trace_id)}, span {shortened(link.span_id)}
                </Link>{" "}
                <span className="muted">{Object.values(link.attributes).join(" · ")}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {logs.length > 0 && (
        <section>
          <h2>Log lines</h2>
          <Facts
            facts={logs.map((line): [string, ReactNode] => [
              latencyWords(line.offset_seconds),
              <Link
                key={line.id}
                href={aroundLine(line.id)}
                className="name-link"
                title="Show in Logs, with the lines around it"
              >
                {line.severity} {line.body}
              </Link>,
            ])}
          />
        </section>
      )}
    </div>
  );
}

function aboutOf(span: Span): [string, ReactNode][] {
  return [
    [
      "service",
      <Link key="service" href={senderPath(span)} className="link">
        {span.service}
      </Link>,
    ],
    ["status", `${span.status}${span.message ? `: ${span.message}` : ""}`],
    ["kind", span.kind],
    ["where", [span.zone, span.version].filter(Boolean).join(" · ") || "unknown"],
    ["began", `${latencyWords(span.offset_seconds)} after the trace began`],
    [
      "self time",
      `${latencyWords(span.self_seconds)}, ${latencyWords(span.critical_seconds)} of it on the critical path`,
    ],
    ["span", span.span_id],
  ];
}

function Attributes({ name, attributes }: { name: string; attributes: Readonly<Record<string, string>> }) {
  const facts = Object.entries(attributes).sort();
  if (facts.length === 0) return null;
  return (
    <section>
      <h2>{name}</h2>
      <Facts
        facts={facts.map(([key, value]): [string, ReactNode] => [
          key,
          <Link
            key={key}
            href={tracesPath({ attribute: `${key}=${value}` })}
            className="name-link"
            title="Traces with the same value"
          >
            {value}
          </Link>,
        ])}
      />
    </section>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value], index) => (
        <div key={`${index} ${name}`} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
