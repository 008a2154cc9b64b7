"""When shares of failures disagree, and which requests of a metric failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.sampling.model import (
    FEWEST_EVENTS,
    SAMPLED_BELOW,
    Disagreement,
    FailedShare,
    Marked,
    Warned,
    disagree,
    is_failure,
)


@pytest.mark.parametrize(
    ("spans", "measured", "expected"),
    [
        (FailedShare(50, 100), FailedShare(50, 5_000), True),
        (FailedShare(0, 100), FailedShare(2_500, 5_000), True),
        (FailedShare(1, 100), FailedShare(50, 5_000), False),
        (FailedShare(2, 100), FailedShare(50, 5_000), False),
        (FailedShare(25, 49), FailedShare(50, 5_000), False),
        (FailedShare(50, 100), FailedShare(50, 101), False),
        (FailedShare(400, 800), FailedShare(50, 1_000), True),
        (FailedShare(400, 801), FailedShare(50, 1_000), False),
        (FailedShare(0, 100), FailedShare(0, 5_000), False),
        (FailedShare(100, 100), FailedShare(5_000, 5_000), False),
        (FailedShare(60_000, 400_000), FailedShare(100_000, 1_000_000), False),
    ],
    ids=[
        "failed traces were kept", "failed traces were dropped", "the same share", "chance", "too few spans",
        "hardly fewer spans", "at the bound of sampled", "over it", "no failures", "only failures",
        "certain and too small",
    ],
)  # fmt: skip
def test_shares_disagree_beyond_chance_where_spans_were_sampled(
    spans: FailedShare, measured: FailedShare, *, expected: bool
) -> None:
    """Both need enough events, the spans must be a sample, and the difference large and certain."""
    assert disagree(spans, measured) is expected


@given(st.integers(0, 2_000), st.integers(1, 2_000), st.integers(0, 2_000), st.integers(1, 2_000))
def test_nothing_is_said_of_few_events_or_of_all_spans(a: int, b: int, c: int, d: int) -> None:
    """A warning needs fifty events on both sides, fewer spans than requests, and different shares."""
    spans, measured = FailedShare(min(a, b), b), FailedShare(min(c, d), d)
    is_enough = min(spans.total, measured.total) >= FEWEST_EVENTS
    is_sample = spans.total <= SAMPLED_BELOW * measured.total
    assert not disagree(spans, measured) or (is_enough and is_sample and spans.ratio != measured.ratio)


@pytest.mark.parametrize(
    ("labels", "failed"),
    [
        ({"status.code": "STATUS_CODE_ERROR"}, True),
        ({"status.code": "STATUS_CODE_UNSET"}, False),
        ({"http.response.status_code": "500", "error.type": "500"}, True),
        ({"http.response.status_code": "404", "error.type": ""}, False),
        ({"http.response.status_code": "", "error.type": "TimeoutError"}, True),
        ({"http.status_code": "503"}, True),
        ({"http.status_code": "200"}, False),
        ({"rpc.grpc.status_code": "14"}, True),
        ({"rpc.grpc.status_code": "5"}, False),
        ({"rpc.response.status_code": "UNAVAILABLE", "error.type": "UNAVAILABLE"}, True),
        ({}, False),
    ],
)
def test_measured_requests_fail_as_spans_of_servers_do(labels: dict[str, str], *, failed: bool) -> None:
    """One rule for both, or a comparison of shares would compare two rules."""
    assert is_failure(labels) is failed


def test_a_warning_is_a_sentence_with_its_numbers() -> None:
    """The service, what was found, and what it means for figures."""
    marked = Warned(ServiceId("cart"), "cart (staging)", Marked("tailsampling.policy", 1_200))
    assert marked.sentence == (
        "cart (staging): 1,200 recent spans have tailsampling.policy of the Collector's tail_sampling "
        "processor and no weight (ot=th in tracestate), so rates, shares of failures and SLIs from spans "
        "count only what it kept"
    )
    differs = Disagreement("http.server.request.duration", FailedShare(50, 100), FailedShare(60, 5_000))
    assert Warned(ServiceId("cart"), "cart", differs).sentence == (
        "cart: 50.00% of 100 server spans failed, but 1.20% of 5,000 requests in "
        "http.server.request.duration; its spans are a sample without weights, and figures and SLIs from "
        "spans are not those of all requests"
    )
