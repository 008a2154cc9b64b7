"""A directory is read as it is found: links, locks, wrong bytes and all."""

import os
from pathlib import Path

import pytest

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
