// How full a service's resources are: the fullest instance of each, with its limit in units, the fullest first.

import { Link } from "wouter";
import { useServiceSaturation } from "../../api/services";
import type { Fill, ServiceDetail } from "../../api/types";
import { LineBones } from "../../parts/Bones";
import { Meter } from "../../parts/Meter";
import { Answered } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { metricPath } from "../../paths";
import { type Range, useRange } from "../../range/range";
import type { Tone } from "../../states/states";
import { countOf } from "../../words/counts";

const TONES: Readonly<Record<Fill["level"], Tone>> = {
  full: "bad",
  nearly_full: "warn",
  free: "plain",
  no_limit: "plain",
};
/** Agents send these of a pod or a host: they do not name the service. */
const OF_PLACES = /^(k8s\.|container[._]|kube_|system\.)/;

export function Saturation({ service }: { service: ServiceDetail }) {
  const range = useRange();
  const found = useServiceSaturation(service.name, service.namespace, range.or("now-1h"));
  return (
    <Panel id="saturation" name="Saturation" of="fullest first, then what grows">
      <Answered query={found} small bones={<LineBones lines={4} />}>
        {(data) =>
          data.resources.length === 0 ? (
            <Unsent name={service.name} />
          ) : (
            <>
              <ul className="fills">
                {data.resources.map((fill) => (
                  <Row
                    key={`${fill.title} ${fill.part}`}
                    fill={fill}
                    name={service.name}
                    range={range.chosen}
                  />
                ))}
              </ul>
              {data.sentence && <p className="callout">{data.sentence}</p>}
            </>
          )
        }
      </Answered>
    </Panel>
  );
}

type RowProps = { fill: Fill; name: string; range: Range | null };

function Row({ fill, name, range }: RowProps) {
  const tone = fill.level === "free" || fill.level === "no_limit" ? growth(fill) : TONES[fill.level];
  return (
    <li className="listed fill-row" title={rowTitle(fill)}>
      <span>
        <Link href={plotPath(fill, name, range)} className="name-link">
          {fill.title}
        </Link>
        <small className="muted">{[fill.part, fill.instance].filter(Boolean).join(" · ")}</small>
      </span>
      {fill.ratio === null ? <span /> : <Meter ratio={fill.ratio} tone={tone} />}
      <span className={`number${tone === "plain" ? "" : ` tone-${tone} strong`}`}>{fill.short_text}</span>
      {fill.detail && (
        <small className={`fill-detail ${fill.is_growing ? "tone-warn" : "muted"}`}>{fill.detail}</small>
      )}
    </li>
  );
}

/** What grows is amber long before it is full. */
const growth = ({ is_growing: grows }: Fill): Tone => (grows ? "warn" : "plain");

function rowTitle({ instances, instance, highest_text, text }: Fill): string {
  const which = instances > 1 ? `${instance} is the fullest of ${countOf(instances, "instances")}` : instance;
  return [text, which, highest_text === text ? "" : `at most ${highest_text} in the last hour`]
    .filter(Boolean)
    .join("; ");
}

function plotPath({ metric }: Fill, name: string, range: Range | null): string {
  const own = OF_PLACES.test(metric) ? {} : { where: `service.name=${name}`, by: "service.instance.id" };
  return metricPath(metric, { range, ...own });
}

function Unsent({ name }: { name: string }) {
  return (
    <div className="notice-small">
      <p>
        {name} sent no metrics that show how full it is: CPU, memory, connection pools, threads or queues.
      </p>
      <p>
        Send metrics over OTLP to the endpoint of its spans (<code>OTEL_METRICS_EXPORTER=otlp</code>); which
        ones are read is in <code>docs/guide/saturation.md</code>.
      </p>
    </div>
  );
}
