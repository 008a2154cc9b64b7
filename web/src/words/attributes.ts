// Names of attributes that people know, for keys of OpenTelemetry's conventions, old and new; others keep their key.

const NAMES: Readonly<Record<string, string>> = {
  "cloud.region": "region",
  "db.collection.name": "table",
  "db.namespace": "database",
  "db.operation.name": "database operation",
  "db.system": "kind of database",
  "db.system.name": "kind of database",
  "deployment.environment.name": "environment",
  "error.type": "error",
  "exception.type": "exception",
  "host.name": "host",
  "http.method": "HTTP method",
  "http.request.method": "HTTP method",
  "http.response.status_code": "HTTP status",
  "http.route": "route",
  "http.status_code": "HTTP status",
  "k8s.cluster.name": "cluster",
  "k8s.namespace.name": "namespace",
  "k8s.node.name": "node",
  "k8s.pod.name": "pod",
  "messaging.consumer.group.name": "consumer group",
  "messaging.destination.name": "queue or topic",
  "messaging.operation.name": "messaging operation",
  "messaging.system": "kind of queue",
  "network.peer.address": "peer",
  "rpc.grpc.status_code": "gRPC status",
  "rpc.method": "RPC method",
  "rpc.response.status_code": "RPC status",
  "rpc.service": "RPC service",
  "server.address": "server",
  "url.path": "path",
  "url.scheme": "URL scheme",
  "user_agent.original": "user agent",
};

/** "HTTP status" for `http.response.status_code`; a key without a name is itself. */
export function attributeName(key: string): string {
  return NAMES[key] ?? key;
}
