"""A directory is read as it is found: links, locks, wrong bytes and all."""

import os
from pathlib import Path

import pytest
from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.directory import fingerprint, read_directory, read_file


def refused(path: Path) -> list[tuple[str, str]]:
    """Return (place, rule) of everything that could not be read."""
    return [(one.file, one.rule.value) for one in read_directory(path).problems]


def test_yaml_files_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    """Both endings and subdirectories count; other files and hidden ones do not."""
    (tmp_path / "b").mkdir()
    for name in ("c.yml", "a.yaml", "b/x.yaml", ".hidden.yaml", "README.md"):
        (tmp_path / name).write_text(f"# {name}")
    found = read_directory(tmp_path)
    assert [one.file for one in found.sources] == ["a.yaml", "b/x.yaml", "c.yml"]
    assert found.problems == ()


def test_one_file_may_be_named(tmp_path: Path) -> None:
    """Linting a single file reads just that file."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "b.yaml").write_text("b: 1")
    assert [one.file for one in read_file(tmp_path / "a.yaml").sources] == ["a.yaml"]


def test_bytes_that_are_not_utf_8_are_a_problem(tmp_path: Path) -> None:
    """A file in another encoding is refused under its name, and the others are read."""
    (tmp_path / "a.yaml").write_bytes(b"name: caf\xe9\n")
    (tmp_path / "b.yaml").write_text("b: 1")
    found = read_directory(tmp_path)
    assert refused(tmp_path) == [("a.yaml", "not-utf8")]
    assert [one.file for one in found.sources] == ["b.yaml"]
    assert found.broken_places == {"a.yaml"}


def test_a_link_that_leads_in_a_circle_is_a_problem(tmp_path: Path) -> None:
    """Following links ends, whatever they point at."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path) == [
        ("gone.yaml", "unreadable"),
        ("loop", "unreadable"),
        ("self.yaml", "unreadable"),
    ]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Something that is no regular file is refused without being opened."""
    os.mkfifo(tmp_path / "a.yaml")
    assert refused(tmp_path) == [("a.yaml", "unreadable")]


def test_a_file_over_the_limit_is_a_problem(tmp_path: Path) -> None:
    """A file of more than a mebibyte is not read into memory whole."""
    (tmp_path / "a.yaml").write_bytes(b"#" * 1_048_577)
    assert refused(tmp_path) == [("a.yaml", "too-large")]


def test_a_name_that_is_not_printable_is_a_problem(tmp_path: Path) -> None:
    """A file's name is shown to people, so it must be printable."""
    (tmp_path / "a\nb.yaml").write_text("a: 1")
    assert refused(tmp_path) == [("a?b.yaml", "not-utf8")]


@pytest.mark.parametrize("name", [".", "missing"])
def test_no_file_at_all_is_a_problem(name: str, tmp_path: Path) -> None:
    """An empty or missing directory is more likely a mistake than a wish to remove everything."""
    assert [rule for _, rule in refused(tmp_path / name)] in (["no-documents"], ["unreadable"])
    assert read_directory(tmp_path / name).broken_places == {"."}


def test_the_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    """Adding, writing, renaming and removing are seen; looking again is not."""
    seen = [fingerprint(tmp_path)]
    (tmp_path / "a.yaml").write_text("a: 1")
    seen.append(fingerprint(tmp_path))
    (tmp_path / "a.yaml").write_text("a: 12")
    seen.append(fingerprint(tmp_path))
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    seen.append(fingerprint(tmp_path))
    assert seen[-1] == fingerprint(tmp_path)
    (tmp_path / "b.yaml").unlink()
    assert fingerprint(tmp_path) == seen[0]
    assert len(set(seen)) == 4


SECRET = "hunter2"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory beside the catalog's, with a file that is none of anybody's business."""
    place = tmp_path / "outside"
    place.mkdir()
    (place / "passwd.yaml").write_text(f"password: {SECRET}\n- {SECRET}: [")
    return place


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The catalog's directory, with one file of its own."""
    place = tmp_path / "catalog"
    place.mkdir()
    (place / "a.yaml").write_text("a: 1")
    return place


def links_out(catalog: Path, outside: Path) -> None:
    """Make every kind of link that leads out."""
    (catalog / "file.yaml").symlink_to(outside / "passwd.yaml")
    (catalog / "relative.yaml").symlink_to(Path("..") / "outside" / "passwd.yaml")
    (catalog / "chain.yaml").symlink_to(catalog / "file.yaml")
    (catalog / "folder").symlink_to(outside)
    (catalog / "up").symlink_to(catalog.parent)
    (catalog / "nothing.yaml").symlink_to(outside / "nowhere")
    (catalog / "device.yaml").symlink_to("/dev/zero")
    (catalog / "beside.yaml").symlink_to(f"{catalog}-twin/x.yaml")


def test_links_that_lead_out_are_not_followed(catalog: Path, outside: Path) -> None:
    """A link out of the directory is refused under its own name; nothing behind it is read or told."""
    links_out(catalog, outside)
    found = read_directory(catalog)
    names = ["beside.yaml", "chain.yaml", "device.yaml", "file.yaml", "folder", "nothing.yaml"]
    assert [one.file for one in found.sources] == ["a.yaml"]
    assert sorted(one.file for one in found.problems) == [*names, "relative.yaml", "up"]
    assert {one.message for one in found.problems} == {
        "this link leads out of the catalog's directory and is not followed; put the file here"
    }
    assert SECRET not in repr(found)
    assert "outside" not in repr(found.problems)


def test_links_inside_are_followed(tmp_path: Path, catalog: Path) -> None:
    """A mounted ConfigMap is links inside its directory, and the directory itself may be one."""
    (catalog / "..2026").mkdir()
    (catalog / "..2026" / "x.yaml").write_text("x: 1")
    (catalog / "..data").symlink_to("..2026")
    (catalog / "x.yaml").symlink_to("..data/x.yaml")
    (tmp_path / "current").symlink_to(catalog)
    for place in (catalog, tmp_path / "current"):
        found = read_directory(place)
        assert ([one.file for one in found.sources], found.problems) == (["a.yaml", "x.yaml"], ())


def test_a_link_put_there_while_reading_is_not_followed(
    catalog: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file exchanged for a link between the look and the opening is not read."""
    opened = os.open

    def exchange(path: Path, flags: int, *more: int) -> int:
        Path(path).unlink()
        Path(path).symlink_to(outside / "passwd.yaml")
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "open", exchange)
    found = read_directory(catalog)
    assert found.sources == ()
    assert [one.file for one in found.problems] == ["a.yaml"]


def test_one_file_named_by_hand_may_be_a_link(catalog: Path, outside: Path) -> None:
    """Whoever names a file names what it leads to."""
    links_out(catalog, outside)
    assert len(read_file(catalog / "file.yaml").sources) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"root:{SECRET}:0:0",
        f"- {SECRET}\n- b",
        f"key: {SECRET}\n  bad: [",
        f"a: '{SECRET}",
        f"{SECRET}: 1\n{SECRET}: 2",
        f"? [{SECRET}]\n: 1",
        f"a: *{SECRET}",
        f"a: !{SECRET} b",
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {SECRET!r}}}\ndata: {{a: {SECRET}}}",
        f"\t{SECRET}: a",
        f"a: \x01{SECRET}",
        f"metadata: {SECRET}",
        f"%{SECRET}",
        f"{{{SECRET}",
    ],
)
def test_nothing_of_a_file_that_is_no_catalog_document_is_shown(tmp_path: Path, text: str) -> None:
    """Whatever somebody put into the directory, its problems quote it only if it is meant for Holdfast."""
    (tmp_path / "a.yaml").write_text(text)
    parts = read_directory(tmp_path).split(KINDS)
    assert parts.problems != ()
    assert SECRET not in repr(parts.problems)
