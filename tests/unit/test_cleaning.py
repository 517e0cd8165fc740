"""What doit clean removes: what was built and is as it was, on a real disk and store."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doit.dependency import JSONCodec, MD5Checker
from doit.task import Task

from datamake.cleaning import Choices, Cleaning
from datamake.dependency import Dependency
from datamake.model import Meaning, Record, Stage
from datamake.policy import Policies
from datamake.settings import Settings


@pytest.fixture
def dependency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dependency]:
    monkeypatch.chdir(tmp_path)
    made = Dependency(
        lambda: Settings(".datamake/store.sqlite", MD5Checker, JSONCodec, Policies({}), str)
    )
    yield made
    made.close()


def build(dependency: Dependency, *targets: str, folders: tuple[str, ...] = ()) -> Task:
    """Make targets, a folder where the name ends in a slash, and record them as built."""
    task = Task("stage", [], targets=[target.rstrip("/") for target in targets])
    for target in targets:
        path = Path(target, "in" if target.endswith("/") else "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built")
    dependency.store.made_folders(folders)
    stage = Stage("stage", targets=tuple(task.targets))
    state: Callable[[str], object] = dependency.judge.checker.state
    outputs = {path: state(path) for path in task.targets}
    dependency.store.commit(
        stage,
        Record(
            stage="stage", targets=stage.targets, meaning=Meaning(), checker="content",
            inputs={}, outputs=outputs,
        ),
    )  # fmt: skip
    return task


def clean(dependency: Dependency, task: Task, choices: Choices | None = None) -> str:
    out = io.StringIO()
    cleaning = Cleaning(dependency, out, choices or Choices())
    cleaning.remove_targets(task)
    cleaning.remove_folders()
    return out.getvalue() + ("failed\n" if cleaning.failed else "")


def test_what_was_built_goes_with_the_folders_made_for_it(dependency: Dependency) -> None:
    task = build(dependency, "new/deep/a.txt", "old/b.txt", folders=("new", "new/deep"))
    assert clean(dependency, task) == (
        "stage: removed new/deep/a.txt\n"
        "stage: removed old/b.txt\n"
        "removed new/deep/, which was made for them\n"
        "removed new/, which was made for them\n"
    )
    assert sorted(os.listdir(".")) == [".datamake", "old"]
    assert dependency.store.built("old/b.txt") is None
    assert not dependency.store.made_folder("new")
    assert clean(dependency, task) == ""


def test_a_folder_with_another_file_stays(dependency: Dependency) -> None:
    task = build(dependency, "new/a.txt", folders=("new",))
    Path("new/mine.txt").write_text("by hand")
    clean(dependency, task)
    assert os.listdir("new") == ["mine.txt"]
    assert dependency.store.made_folder("new")


def test_a_dry_run_removes_nothing(dependency: Dependency) -> None:
    task = build(dependency, "new/a.txt", folders=("new",))
    said = clean(dependency, task, Choices(dry_run=True, force=True))
    assert said == "stage: would remove new/a.txt\n"
    assert os.path.exists("new/a.txt")


def test_what_was_edited_or_never_built_stays_unless_forced(dependency: Dependency) -> None:
    task = build(dependency, "a.txt")
    task.targets.append("b.txt")
    for name in ("a.txt", "b.txt"):
        Path(name).write_text("by hand")
    assert clean(dependency, task) == (
        "stage: left a.txt: it was changed since it was built; --force removes it\n"
        "stage: left b.txt: datamake did not build it; --force removes it\n"
    )
    assert clean(dependency, task, Choices(force=True)) == (
        "stage: removed a.txt\nstage: removed b.txt\n"
    )


def test_a_folder_goes_as_a_whole_only_if_it_was_made_as_a_whole(dependency: Dependency) -> None:
    task = build(dependency, "out/")
    assert "left out: it holds files that were not built with it" in clean(dependency, task)
    dependency.store.made_folders(["out"])
    assert clean(dependency, task) == "stage: removed out\n"
    assert not os.path.exists("out")


def test_a_shared_folder_stays_as_long_as_anything_is_in_it(dependency: Dependency) -> None:
    task = build(dependency, "data/", folders=("data",))
    choices = Choices(force=True, shared={"data"})
    assert clean(dependency, task, choices) == ""
    os.remove("data/in")
    assert clean(dependency, task, choices) == "removed data/, which was made for them\n"


def test_a_link_goes_and_what_it_leads_to_stays(dependency: Dependency) -> None:
    Path("raw").mkdir()
    Path("raw/file").write_text("raw")
    os.symlink("raw", "latest")
    task = build(dependency, "latest/../a.txt")
    task.targets.append("latest")
    clean(dependency, task, Choices(force=True))
    assert os.listdir("raw") == ["file"]
    assert not os.path.lexists("latest")


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="needs a file root can't remove")
def test_what_can_not_be_removed_is_said_and_the_rest_goes_on(dependency: Dependency) -> None:
    task = build(dependency, "b.txt")
    task.targets.insert(0, "/proc/version")
    assert clean(dependency, task, Choices(force=True)) == (
        "stage: could not remove /proc/version: Operation not permitted\n"
        "stage: removed b.txt\n"
        "failed\n"
    )
