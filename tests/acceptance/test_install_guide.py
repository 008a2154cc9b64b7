"""docs/guide/install.md names the paths of the unit, the files of the tree and the version there is."""

import re

from tests.lints.source import ROOT

from holdfast import __version__

PAGE = (ROOT / "docs/guide/install.md").read_text()
UNIT = (ROOT / "packaging/holdfast.service").read_text()


def test_the_page_installs_this_version() -> None:
    """The wheel it builds and installs has the number of this tree, wherever it is named."""
    assert set(re.findall(r"holdfast-(\d[\w.]*)-py3-none-any\.whl", PAGE)) == {__version__}


def test_the_page_and_the_unit_agree_on_paths() -> None:
    """Program, data directory and settings stand where the unit looks for them."""
    [(program, data)] = re.findall(r"^ExecStart=(\S+) serve --data (\S+)$", UNIT, flags=re.MULTILINE)
    [settings] = re.findall(r"^EnvironmentFile=-(\S+)$", UNIT, flags=re.MULTILINE)
    assert f"{program} doctor --data {data}\n" in PAGE
    assert f"install -m 0600 /dev/null {settings}\n" in PAGE
    assert set(re.findall(r"(?<=\n)\S*/holdfast(?= \w)", PAGE)) == {program}


def test_the_files_it_copies_exist() -> None:
    """Requirements and unit are in the tree, under the names the page gives them."""
    copied = re.search(r"Copy (.+) to the server", PAGE)
    assert copied is not None
    files = [name for name in re.findall(r"`([^`]+)`", copied[1]) if not name.startswith("dist/")]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert len(files) == 2
