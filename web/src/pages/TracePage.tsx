// Trace: what took the time, what failed first?

import { Page } from "../app/Page";
import { useTrace } from "../api/queries";
import type { Trace } from "../api/types";
import { RowBones, StripBones } from "../parts/Bones";
import { Answered } from "../parts/Notice";
import { type Cell, Strip } from "../parts/Strip";
import { count, shortened } from "../words/counts";
import { latencyWords } from "../words/durations";
import { fullMoment, when } from "../words/moments";
import { failedFirst, tookMost } from "./trace/reading";
import { Waterfall } from "./trace/Waterfall";

export default function TracePage({ traceId }: { traceId: string }) {
  const trace = useTrace(traceId);
  return (
    <Page title={`Trace ${shortened(traceId)}`} beside={trace.data?.spans[0]?.operation} reads={[trace]}>
      <Answered
        query={trace}
        bones={
          <>
            <StripBones />
            <RowBones rows={8} />
          </>
        }
      >
        {(data) => (
          <>
            <Strip cells={cellsOf(data)} />
            <Waterfall trace={data} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function cellsOf(trace: Trace): Cell[] {
  const failed = failedFirst(trace);
  const most = tookMost(trace);
  const services = new Set(trace.spans.map((span) => span.service));
  return [
    { label: "Duration", value: latencyWords(trace.duration_seconds), note: `${count(trace.spans.length)} spans of ${count(services.size)} services` },
    {
      label: "Failed first",
      value: failed ? failed.service : "nothing",
      note: failed ? `${failed.operation}${failed.message ? `: ${failed.message}` : ""}` : "no span has the status error",
      tone: failed ? "bad" : "plain",
      ...(failed ? { sign: "square" as const } : {}),
    },
    {
      label: "Took the most of its own time",
      value: most ? most.span.service : "—",
      note: most ? `${most.span.operation}: ${latencyWords(most.seconds)}` : "",
    },
    { label: "Started", value: when(trace.started_at), note: trace.trace_id, title: fullMoment(trace.started_at) },
  ];
}
