"""What may be saved: a name that can be read, and an address that stays within the page."""

import pytest
from tests.conftest import START

from holdfast.runtime.errors import Invalid
from holdfast.views.model import ADDRESS_CHARACTERS, NAME_CHARACTERS, View, checked


def view(name: str = "Checkout now", address: str = "/services/checkout?from=now-1h") -> View:
    """Return a view that was saved."""
    return View(name=name, address=address, is_pinned=False, saved_at=START)


@pytest.mark.parametrize("address", ["/", "/map", "/logs?q=a%20b&where=zone%3Da", "/services/a%2Fb"])
def test_addresses_of_the_page_may_be_saved(address: str) -> None:
    """A path of the page is taken as it is, with its query."""
    assert checked(view(address=address)).address == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "services",
        "https://evil.example/",
        "javascript:alert(1)",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/a b",
        "/ä",
        "/api/v1/backup",
        "/readyz",
        f"/{'a' * ADDRESS_CHARACTERS}",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(address: str) -> None:
    """Other hosts, scripts and the API are no views, however they are written."""
    with pytest.raises(Invalid) as caught:
        checked(view(address=address))
    assert [one.path for one in caught.value.problems] == ["address"]


@pytest.mark.parametrize("name", ["", " now", "a\nb", "a" * (NAME_CHARACTERS + 1)])
def test_a_name_that_cannot_be_read_is_refused(name: str) -> None:
    """Names are one line without spaces at its ends, and not too long for the rail."""
    with pytest.raises(Invalid) as caught:
        checked(view(name=name))
    assert [one.path for one in caught.value.problems] == ["name"]


def test_all_that_is_wrong_is_reported_at_once() -> None:
    """Name and address are both in the refusal, each with its value and rule."""
    with pytest.raises(Invalid) as caught:
        checked(view(name="", address="//evil.example"))
    assert [(one.path, one.value) for one in caught.value.problems] == [
        ("name", ""),
        ("address", "//evil.example"),
    ]
