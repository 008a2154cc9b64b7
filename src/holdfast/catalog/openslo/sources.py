"""The source of an SLI's events: `type: traces`, a structured choice of spans, no query language."""

from enum import Enum

from holdfast.catalog import shapes
from holdfast.catalog.fields import Fields, text_of, wrong_type
from holdfast.catalog.kinds import OPENSLO, Body, Kind
from holdfast.catalog.model import SpanKind, SpanSelector, SpanStatus
from holdfast.catalog.nodes import Node, ScalarKind, ScalarNode, SequenceNode, below
from holdfast.catalog.openslo.parts import DataSource
from holdfast.catalog.problems import Report, Rule, clipped
from holdfast.runtime.durations import parse_span_nanoseconds
from holdfast.runtime.places import DEFAULT, environment_of, namespace_of, shown

TRACES = "traces"
SERVICE_CHARACTERS = 255
OPERATION_CHARACTERS = 500
PLACE_CHARACTERS = 300
SPAN_DURATION_MOST_NANOSECONDS = 24 * 3_600 * 10**9


class SelectorSide(Enum):
    """The side of a ratio that a selector belongs to: all events, or some of them."""

    TOTAL = "total"
    SOME = "some"


def _read_data_source(body: Body) -> DataSource | None:
    spec = body.spec
    spec.text("description")
    word = spec.text("type", required=True)
    is_traces = word is not None and check_type(spec, word)
    if is_traces:
        message = "traces are sent to Holdfast by OTLP and need no connection; take it out"
        spec.refuse("connectionDetails", Rule.UNSUPPORTED, message)
    spec.take("connectionDetails")
    return DataSource(body.metadata.name, word) if word is not None and is_traces else None


def read_metric(metric: Fields, part: SelectorSide, body: Body) -> SpanSelector | None:
    """Read `{metricSource: {metricSourceRef, type, spec}}` as a choice of spans."""
    source = metric.section("metricSource", required=True)
    metric.done()
    if source is None:
        return None
    is_traces = _is_traces(source, body)
    spec = source.section("spec", required=True)
    source.done()
    return read_selector(spec, part) if is_traces and spec is not None else None


def _is_traces(source: Fields, body: Body) -> bool:
    if not source.has("metricSourceRef"):
        word = source.text("type", required=True)
        return word is not None and check_type(source, word)
    referred = body.find(DATA_SOURCE, source, "metricSourceRef")
    word = source.text("type")
    if word is not None and referred is not None and word != referred.type:
        message = f'the DataSource "{referred.name}" is of type {referred.type}; leave "type" out'
        source.error(Rule.EXCLUSIVE_FIELDS, "type", message)
    return referred is not None


def check_type(fields: Fields, word: str) -> bool:
    """Return whether `word` is a type of source that is measured, noting it when it is not."""
    if word == TRACES:
        return True
    message = (
        f'type "{clipped(word)}" is not supported; write type: {TRACES} and choose the spans '
        "with service, operation, kind and attributes"
    )
    fields.error(Rule.UNSUPPORTED, "type", message)
    return False


def read_selector(spec: Fields, part: SelectorSide) -> SpanSelector | None:
    """Read `{service, environment, namespace, operation, kind, attributes, status, maxDuration}`."""
    noted = len(spec.report.problems)
    service = spec.text("service", required=True, most=SERVICE_CHARACTERS)
    environment = spec.text("environment", most=PLACE_CHARACTERS)
    namespace = spec.text("namespace", most=PLACE_CHARACTERS)
    operations = spec.texts("operation", most=OPERATION_CHARACTERS)
    kind = spec.choice("kind", tuple(SpanKind))
    attributes = _attributes(spec)
    if part is SelectorSide.TOTAL:
        for key in ("status", "maxDuration"):
            message = f'"{key}" says which events are good or bad; total is all of them, so move it there'
            spec.refuse(key, Rule.MISPLACED_FIELD, message)
    status = spec.choice("status", tuple(SpanStatus))
    longest = _max_duration(spec)
    spec.done()
    if service is None or len(spec.report.problems) > noted:
        # A selector with errors would only get a second one for not fitting the other.
        return None
    return SpanSelector(
        service=service,
        operations=tuple(sorted(operations)),
        kind=SpanKind(kind) if kind else None,
        attributes=attributes,
        status=SpanStatus(status) if status else None,
        max_duration_nanoseconds=longest,
        environment=None if environment is None else environment_of(environment),
        namespace=None if namespace is None else namespace_of(namespace),
    )


def _attributes(spec: Fields) -> tuple[tuple[str, tuple[str, ...]], ...]:
    section = spec.section("attributes")
    if section is None:
        return ()
    if not section.node.entries:
        spec.error(Rule.WRONG_FORMAT, "attributes", "this is empty; name an attribute or leave the field out")
    found = []
    for key, node in section.node.entries:
        path = below(section.path, clipped(key.text))
        found.append((key.text, _values(spec.report, node, path)))
    return tuple(sorted(found))


def _values(report: Report, node: Node, path: str) -> tuple[str, ...]:
    items = node.items if isinstance(node, SequenceNode) else (node,)
    if not items:
        message = "the list is empty, so no span could match; name at least one value"
        report.error(Rule.WRONG_FORMAT, line=node.line, path=path, value="[]", message=message)
    found = set()
    for index, item in enumerate(items):
        value = _value(report, item, f"{path}[{index}]" if isinstance(node, SequenceNode) else path)
        if value is not None:
            found.add(value)
    return tuple(sorted(found))


def _value(report: Report, node: Node, path: str) -> str | None:
    if not isinstance(node, ScalarNode) or node.kind in (ScalarKind.NULL, ScalarKind.NOT_FINITE):
        wrong_type(report, node, path, "text, a whole number, true or false, or a list of these")
        return None
    if node.kind is ScalarKind.BOOL:
        return node.text.lower()
    if node.kind is ScalarKind.INT and (number := node.fraction()) is not None:
        return str(number)
    if node.kind is ScalarKind.FLOAT:
        # 0.50 and 0.5 are the same number and different texts, and attributes are compared as text.
        wrong_type(report, node, path, f'text (attributes are compared as text: "{node.text}")')
        return None
    return text_of(report, node, path)


def _max_duration(spec: Fields) -> int | None:
    text = spec.text("maxDuration")
    if text is None:
        return None
    try:
        nanoseconds = parse_span_nanoseconds(text)
    except ValueError as error:
        spec.error(Rule.WRONG_FORMAT, "maxDuration", str(error))
        return None
    if not 0 < nanoseconds <= SPAN_DURATION_MOST_NANOSECONDS:
        spec.error(Rule.OUT_OF_RANGE, "maxDuration", "this must be longer than 0 and at most 24h")
        return None
    return nanoseconds


def narrowing_problems(total: SpanSelector, part: SpanSelector) -> tuple[tuple[str, str], ...]:
    """Return (field, what is wrong) wherever `part` does not select a true part of `total`."""
    found = []
    if part.service != total.service:
        found.append(("service", f'repeat total\'s service "{total.service}"'))
    for name in ("environment", "namespace"):
        wanted = getattr(total, name)
        if getattr(part, name) != wanted:
            found.append((name, f"repeat total's {name}: {'none' if wanted is None else shown(wanted)}"))
    if part.operations != total.operations:
        found.append(("operation", f"repeat total's operations: {', '.join(total.operations) or 'none'}"))
    if part.kinds != total.kinds:
        found.append(("kind", f"repeat total's kind: {total.kind or 'none, which is server and consumer'}"))
    own = dict(part.attributes)
    for key, values in total.attributes:
        if key not in own or not set(own[key]) <= set(values):
            found.append(
                ("attributes", f'repeat total\'s attribute "{key}" with its values, or some of them')
            )
    if not found and part == total:
        found.append(
            ("", "this selects the same spans as total; add what makes them good, such as status: ok")
        )
    return tuple(found)


DATA_SOURCE: Kind[DataSource] = Kind(
    "DataSource",
    api_version=OPENSLO,
    summary="A named source of telemetry.",
    read=_read_data_source,
    spec=shapes.mapping(
        {
            "description": shapes.text(),
            "type": shapes.choice((TRACES,), "Traces are sent to Holdfast by OTLP and need no connection."),
        },
        required=("type",),
    ),
)

_ATTRIBUTE_VALUE: shapes.Shape = {"type": ["string", "integer", "boolean"]}
_SELECTOR = {
    "service": shapes.text("The service.name of the spans.", most=SERVICE_CHARACTERS),
    "environment": shapes.text(
        f"The deployment environment of the spans; any when left out, `{DEFAULT}` for spans without one.",
        most=PLACE_CHARACTERS,
    ),
    "namespace": shapes.text(
        f"The service.namespace of the spans; any when left out, `{DEFAULT}` for spans without one.",
        most=PLACE_CHARACTERS,
    ),
    "operation": shapes.one_or_more(
        shapes.text(most=OPERATION_CHARACTERS), "Exact span names; all when left out."
    ),
    "kind": shapes.choice(SpanKind, "Server and consumer when left out."),
    "attributes": shapes.any_keys(
        shapes.one_or_more(_ATTRIBUTE_VALUE), "Attribute to one value or a list of allowed ones.", least=1
    ),
}
_NARROWER = {
    "status": shapes.choice(SpanStatus, "Whether the span failed."),
    "maxDuration": {
        "description": "At most this long, such as 800ms or 1.5s.",
        "type": "string",
        "pattern": r"^[0-9]{1,15}([.][0-9]{1,9})?(ns|us|ms|s|m|h)$",
    },
}


def metric_shape(*narrowed_by: str) -> shapes.Shape:
    """Return the shape of what `read_metric` reads; a part of total may be narrower by these fields."""
    selector = _SELECTOR | {key: _NARROWER[key] for key in narrowed_by}
    source = shapes.mapping(
        {
            "metricSourceRef": shapes.reference(DATA_SOURCE.name),
            "type": shapes.choice((TRACES,)),
            "spec": shapes.mapping(selector, required=("service",)),
        },
        required=("spec",),
    )
    return shapes.mapping({"metricSource": source}, required=("metricSource",))
