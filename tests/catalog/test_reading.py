"""YAML text, however bad, becomes documents or named problems."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.app.kinds import KINDS
from holdfast.catalog.assembly import assemble
from holdfast.catalog.documents import split
from holdfast.catalog.nodes import ScalarKind, ScalarNode, SequenceNode, leaves
from holdfast.catalog.problems import Report
from holdfast.catalog.reading import SourceFile, parse

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{one}: &a{one} [{','.join([f'*a{one - 1}'] * 9)}]\n" for one in range(1, 20)
)


def problems_of(text: str) -> list[tuple[str, int]]:
    """Return (rule, line) of everything wrong with a text."""
    report = Report("f")
    parse(SourceFile("f", text), report)
    return [(one.rule.value, one.line) for one in report.problems]


def _must_be_answered(text: str) -> None:
    """Read a text as a catalog: every problem names a line of it and says what to do."""
    parts = split([SourceFile("f", text)], KINDS)
    assembled = assemble(parts.documents, KINDS)
    for problem in (*parts.problems, *assembled.problems):
        assert problem.file == "f"
        assert 0 <= problem.line <= len(text.splitlines()) + 1
        assert problem.message
    assert assembled.broken <= {one.key for one in parts.documents}


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("a:\n\t- b", "invalid-yaml", 2),
        ("a: [1, 2", "invalid-yaml", 2),
        ("a: b: c", "invalid-yaml", 1),
        ("a: 'never closed\n", "invalid-yaml", 2),
        ("a: \x07", "invalid-yaml", 1),
        ("x: 1\n\x00", "invalid-yaml", 2),
        ("%YAML 3.0\n---\na: b", "invalid-yaml", 1),
        (BOMB, "alias-expansion", 5),
        ("a: &x [*x]", "alias-expansion", 1),
        ("a: *nobody", "alias-expansion", 1),
        ("[" * 100_000, "too-deep", 1),
        ("- " * 30 + "x", "too-deep", 1),
        ("a: 1\nb: 2\na: 3", "duplicate-key", 3),
        ("1: x", "non-string-key", 1),
        ("true: x", "non-string-key", 1),
        ("~: x", "non-string-key", 1),
        ("? [a, b]\n: x", "non-string-key", 1),
        ("{{a: b}: c}", "non-string-key", 1),
        ("a: &x {b: c}\nd:\n  <<: *x", "unsupported", 3),
        ("a: !!python/object:os.system x", "unsupported", 1),
        ("a: !!timestamp 2026-01-01", "unsupported", 1),
        ("a: \ud800", "not-utf8", 1),
        ("#" * 1_048_577, "too-large", 1),
        ("--- x\n" * 2_001, "too-large", 2_001),
        ("x: [" + "a, " * 20_000 + "]", "too-large", 1),
    ],
)
def test_bad_text_is_a_problem_with_a_line(text: str, rule: str, line: int) -> None:
    """Text that cannot be trusted is refused under the rule's name, on its line."""
    assert problems_of(text) == [(rule, line)]


def test_a_tab_is_named() -> None:
    """A tab in the indentation is what the report says, not that some token cannot start."""
    report = Report("f")
    parse(SourceFile("f", "a:\n  b:\n\t  - c\n"), report)
    assert "tab" in report.problems[0].message
    assert report.problems[0].line == 3


def test_documents_before_a_mistake_are_read() -> None:
    """A file that breaks off is not complete, and what stands before the break is there."""
    parsed = parse(SourceFile("f", "a: 1\n---\nb: 2\n---\nc: ["), Report("f"))
    assert [dict(leaves(one.root)) for one in parsed.documents] == [{"a": "1"}, {"b": "2"}]
    assert not parsed.complete


def test_empty_documents_are_passed_over() -> None:
    """Separators and comments alone make no document and no problem."""
    report = Report("f")
    parsed = parse(SourceFile("f", "---\n---\n# words\n---\na: 1\n...\n---\n"), report)
    assert [one.line for one in parsed.documents] == [4]
    assert not report.problems


def test_a_document_cut_out_reads_the_same_on_the_same_lines() -> None:
    """A stored document, read again from its own text and first line, has the same content and lines."""
    text = "# head\na: 1\n---\nb:\n  - é\n  - 😀\n---\nc: {d: 0.10}\n"
    whole = parse(SourceFile("f", text), Report("f"))
    for one in whole.documents:
        again = parse(SourceFile("f", one.text, one.line), Report("f"))
        assert [(two.root, two.line) for two in again.documents] == [(one.root, one.line)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("on", ScalarKind.TEXT),
        ("yes", ScalarKind.TEXT),
        ("1:30", ScalarKind.TEXT),
        ("2026-01-01", ScalarKind.TEXT),
        ("1_000", ScalarKind.TEXT),
        ("'1'", ScalarKind.TEXT),
        ("true", ScalarKind.BOOL),
        ("~", ScalarKind.NULL),
        ("null", ScalarKind.NULL),
        ("012", ScalarKind.INT),
        ("0x1f", ScalarKind.INT),
        ("0o17", ScalarKind.INT),
        ("-1", ScalarKind.INT),
        (".5", ScalarKind.FLOAT),
        ("1e3", ScalarKind.FLOAT),
        (".nan", ScalarKind.NOT_FINITE),
        ("-.inf", ScalarKind.NOT_FINITE),
    ],
)
def test_scalars_are_what_yaml_1_2_says(text: str, kind: ScalarKind) -> None:
    """`on` is a word, `1:30` no number of minutes, a date text: nothing is guessed."""
    (document,) = parse(SourceFile("f", f"- {text}"), Report("f")).documents
    assert isinstance(document.root, SequenceNode)
    (scalar,) = document.root.items
    assert isinstance(scalar, ScalarNode)
    assert scalar.kind is kind


@given(st.integers(0, 10**18), st.integers(0, 18))
def test_decimals_are_exact(digits: int, places: int) -> None:
    """A written decimal becomes exactly that fraction, never the nearest float."""
    number = Fraction(digits, 10**places)
    text = f"{digits // 10**places}.{digits % 10**places:0{places}d}" if places else str(digits)
    kind = ScalarKind.FLOAT if places else ScalarKind.INT
    assert ScalarNode(text, kind, 1).fraction() == number


@given(st.text())
def test_any_text_is_answered_with_problems_only(text: str) -> None:
    """Whatever is sent as text, nothing is raised."""
    _must_be_answered(text)


@given(st.binary())
def test_any_bytes_are_answered_with_problems_only(data: bytes) -> None:
    """Bytes read as Latin-1, control characters and all, raise nothing."""
    _must_be_answered(data.decode("latin-1"))


WORDS = st.sampled_from(
    [
        "apiVersion", "kind", "metadata", "spec", "name", "labels", "annotations", "openslo/v1", "SLO", "SLI",
        "Service", "AlertPolicy", "AlertCondition", "DataSource", "AlertNotificationTarget", "objectives",
        "target", "timeWindow", "duration", "isRolling", "indicator", "ratioMetric", "good", "total", "bad",
        "metricSource", "type", "traces", "alertPolicies", "conditions", "condition", "28d", "0.999",
        "calendar",
        "holdfast.dev/events", "holdfast.dev/no-data", "holdfast.dev/coverage-floor", "checkout", "service",
    ]
)  # fmt: skip
LEAVES = st.one_of(WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(WORDS, st.text(max_size=3)), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["SLO", "SLI", "Service", "AlertPolicy", "AlertCondition", "DataSource"]),
    st.dictionaries(WORDS, TREES, max_size=6),
    TREES,
)
def test_any_structure_is_answered_with_problems_only(kind: str, spec: object, metadata: object) -> None:
    """Documents with the right words in the wrong places raise nothing."""
    text = json.dumps({"apiVersion": "openslo/v1", "kind": kind, "metadata": metadata, "spec": spec})
    _must_be_answered(text)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_one_change_to_a_sound_catalog_is_answered(sound_text: str, data: st.DataObject) -> None:
    """Any line dropped, doubled, blanked or replaced by a word leads to problems at most."""
    lines = sound_text.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    head = lines[at][: len(lines[at]) - len(lines[at].lstrip())] + lines[at].lstrip().split(":")[0]
    new = data.draw(
        st.sampled_from([[], [lines[at]] * 2, [head + ":"], [head + ": []"], [head + ": {a: 1}"]])
    )
    _must_be_answered("\n".join([*lines[:at], *new, *lines[at + 1 :]]))
