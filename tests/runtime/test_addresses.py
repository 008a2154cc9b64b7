"""Names in addresses: whatever characters a name has, it is one segment and comes back as it was."""

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.addresses import name_in, segment, whole_segments

ODD = (
    "team/cart", "</shop>", ".", "..", "~.", "~~..", "~", "...", "../x", "a/../b", "a?b=c", "a#b", "50%",
    "%2F", "%252E", "a b", "größe", "店/カート", "a;b", "a+b", "a\\b", "series", "app/series", "'\"&<>", "é",
    "\u202e", "a\nb", "a\n",
)  # fmt: skip
"""Names that senders chose, and some that only an attacker would."""

_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(name=_NAMES | st.text("~./%2FE", min_size=1))
def test_a_name_comes_back_from_its_segment(name: str) -> None:
    """Written as a segment, and read from the path the router sees, a name is what it was."""
    path = whole_segments(f"/services/{segment(name)}/series")
    assert path.count("/") == 3
    assert name_in(path.split("/")[2]) == name


@given(first=_NAMES, second=_NAMES)
def test_two_names_have_two_segments(first: str, second: str) -> None:
    """No two names share an address."""
    assert (segment(first) == segment(second)) == (first == second)


@pytest.mark.parametrize("name", ODD)
def test_libraries_leave_a_segment_alone(name: str) -> None:
    """What HTTP libraries take out of a path, dots above all, is never what stands for a name."""
    path = f"/api/v1/services/{segment(name)}/series"
    assert httpx.URL(f"http://127.0.0.1{path}").raw_path == path.encode()
    assert urlsplit(f"http://127.0.0.1{path}").path == path


@pytest.mark.parametrize("dots", [".", "..", "%2E", "%2e%2E"])
def test_bare_dots_are_read_where_they_arrive(dots: str) -> None:
    """A sender that leaves dots in place is understood too."""
    assert name_in(whole_segments(dots)) == dots.replace("%2E", ".").replace("%2e", ".")
