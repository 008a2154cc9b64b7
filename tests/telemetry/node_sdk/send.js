// Sends one span by each of the SDK's exporters, and a metric: node send.js HTTP_URL GRPC_ADDRESS
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter as Grpc } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as Json } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as Protobuf } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const [url, grpc] = process.argv.slice(2);
const resource = resourceFromAttributes({ "service.name": "storefront" });
const exporters = {
  json: new Json({ url: `${url}/v1/traces` }),
  gzip: new Json({ url: `${url}/v1/traces`, compression: "gzip" }),
  protobuf: new Protobuf({ url: `${url}/v1/traces` }),
  grpc: new Grpc({ url: `http://${grpc}` }),
};
for (const [name, exporter] of Object.entries(exporters)) {
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  provider.getTracer("shop").startSpan(name, { attributes: { items: 3, vip: true, tags: ["a", "b"] } }).end();
  await provider.shutdown();
}
const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }) });
const meters = new MeterProvider({ resource, readers: [reader] });
meters.getMeter("shop").createCounter("orders").add(2);
meters.getMeter("shop").createHistogram("latency").record(0.2);
await meters.shutdown();
