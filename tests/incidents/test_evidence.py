"""Evidence is the incident's own: it is kept as a document and read back as it was."""

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.evidence import (
    Burn,
    Contributor,
    Evidence,
    Exemplar,
    Series,
    document_of,
    evidence_of,
)

_texts, _counts, _floats = st.text(), st.integers(0, 2**60), st.floats(0, 1e9)
_instants = st.datetimes(timezones=st.just(UTC))
_numbers = st.lists(_counts).map(tuple)

evidences = st.builds(
    Evidence,
    measured_at=_instants,
    burn=st.lists(st.builds(Burn, _texts, st.none() | _floats)).map(tuple),
    budget_spent_ratio=st.none() | _floats,
    series=st.builds(Series, _counts, _numbers, _numbers, _numbers),
    contributors=st.lists(
        st.builds(
            Contributor,
            _texts,
            _texts,
            st.none() | _texts,
            st.none() | _texts,
            _counts,
            _floats,
            st.booleans(),
            _texts,
        )
    ).map(tuple),
    exemplars=st.lists(
        st.builds(
            Exemplar,
            trace_id=_texts,
            at=_instants,
            duration_seconds=_floats,
            path=st.lists(_texts).map(tuple),
            service=_texts,
            operation=_texts,
            message=_texts,
            status_code=st.none() | _counts,
        )
    ).map(tuple),
)


@given(evidences)
def test_what_is_kept_is_read_back(evidence: Evidence) -> None:
    """Through JSON and back every value is the same, to the microsecond and the last digit."""
    assert evidence_of(json.loads(json.dumps(document_of(evidence)))) == evidence


@pytest.mark.parametrize("document", [{}, {"form": 1}, {"form": 3}])
def test_a_form_that_is_not_known_is_refused_by_its_number(document: dict[str, object]) -> None:
    """A document of another form is never read as if it were this one."""
    with pytest.raises(ValueError, match=f"form {document.get('form')}"):
        evidence_of(document)
