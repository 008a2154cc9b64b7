"""The page's files: found by name, kept by browsers when hashed, never outside their directory."""

import gzip
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from holdfast.app.page_files import PageFiles, load
from holdfast.runtime.errors import NotFound

INDEX = "<!doctype html><title>Holdfast</title>" + " " * 2000
SCRIPT = "export const answer = 42;\n" * 200


@pytest.fixture
def page(tmp_path: Path) -> PageFiles:
    """A built page of two files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (tmp_path.parent / "secret.txt").write_text("secret")
    return load(tmp_path)


def answer(page: PageFiles, path: str, **headers: str):
    """Ask for a file."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return page.answer("GET", path, Headers(named))


def test_hashed_files_are_kept_for_a_year(page: PageFiles) -> None:
    """A file whose name changes with its content is never asked for again."""
    found = answer(page, "assets/app-1a2b.js")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.media_type == "text/javascript"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "objectives",
        "incidents/7",
        "services/a-b",
        "metrics/process.memory.usage",
        "services/eu.payments/x",
        "services/..%2Fx",
        "services/~..",
    ],
)
def test_every_address_of_the_page_is_the_page(page: PageFiles, path: str) -> None:
    """A view's address can be opened directly; the page itself is asked for every time."""
    found = answer(page, path)
    assert found.body.decode() == INDEX
    assert found.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["assets/old-9.js", "favicon.ico", "../secret.txt", "assets/../../secret.txt", "api/v1/nope"]
)
def test_what_is_not_there_is_not_found(page: PageFiles, path: str) -> None:
    """Missing files are not the page, and nothing outside the directory can be named."""
    with pytest.raises(NotFound):
        answer(page, path)


def test_what_the_browser_has_is_not_sent_again(page: PageFiles) -> None:
    """The page's tag is answered with 304."""
    tag = answer(page, "").headers["etag"]
    assert answer(page, "", if_none_match=tag).status_code == 304


def test_text_is_sent_compressed_to_who_takes_it(page: PageFiles) -> None:
    """Compressed and plain bodies hold the same."""
    found = answer(page, "assets/app-1a2b.js", accept_encoding="gzip, br")
    assert found.headers["content-encoding"] == "gzip"
    assert gzip.decompress(found.body).decode() == SCRIPT
    assert len(found.body) < len(SCRIPT) / 10
    assert answer(page, "assets/app-1a2b.js").body.decode() == SCRIPT


def test_a_page_that_is_not_built_says_how(tmp_path: Path) -> None:
    """Without built files the address says what to do instead of nothing."""
    found = answer(load(tmp_path / "missing"), "objectives")
    assert found.status_code == 503
    assert "make page" in found.body.decode()


def test_only_reading_is_answered(page: PageFiles) -> None:
    """Writing to the page's files is refused by method, and the answer says which there are."""
    with pytest.raises(HTTPException) as refused:
        page.answer("POST", "", Headers({}))
    assert (refused.value.status_code, refused.value.headers) == (405, {"Allow": "GET, HEAD"})


def test_every_text_says_how_it_is_encoded(tmp_path: Path) -> None:
    """A browser need not guess the encoding of a page, script, style or picture in XML."""
    for name in ("index.html", "a.js", "a.css", "icon.svg", "a.txt"):
        (tmp_path / name).write_text("x")
        reply = load(tmp_path).answer("GET", name, Headers())
        assert reply.headers["content-type"].endswith("; charset=utf-8")
