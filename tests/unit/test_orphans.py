"""Which files nothing makes any more, in a real store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datamake import orphans as orphans_module
from datamake.creators import Creators, Values
from datamake.declared import Declared
from datamake.model import Meaning, Record, Stage
from datamake.orphans import Orphan, orphans
from datamake.store import Store
from tests.unit.privileges import without_privileges


@pytest.mark.parametrize("most", [100, 1], ids=["one by one", "by folder"])
def test_what_is_there_and_nobody_makes_is_an_orphan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(orphans_module, "MANY", most)
    targets = ("there", "link", "gone", "sub/there", "sub/gone", "no/a", "no/b", "there/a", "made")
    store = Store.open(".datamake/store.sqlite")
    stage = Stage("old", (), targets)
    meaning = Meaning({}, {}, {})
    outputs = dict.fromkeys(targets, "0" * 64)
    store.commit(stage, Record("old", targets, meaning, "content", {}, outputs))
    os.mkdir("sub")
    for path in ("there", "sub/there", "made"):
        Path(path).write_text("")
    os.symlink("nowhere", "link")
    task = Declared({"name": "new", "actions": [], "targets": ["made"]})
    found = orphans(store, [task], Creators(Values({}, {})), {"made": "new"})
    assert found == [Orphan(path, "old") for path in ("link", "sub/there", "there")]
    store.close()


def test_a_folder_that_cannot_be_listed_is_asked_for_each_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "closed").mkdir()
    Path("closed/a").write_text("")
    os.chmod("closed", 0o311)
    os.chmod(".", 0o755)
    with without_privileges():
        assert orphans_module._listed("closed") is None
    assert orphans_module._listed("no") == orphans_module._listed("closed/a") == set()
