"""Two people build in one folder, each under an account of their own."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, Said, wait_until

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="only root can be two people"
)

ANNE, BERT, GROUP = 65531, 65532, 65533

DODO = """
    def make(name, dependencies, targets):
        note(name)
        text = "".join(pathlib.Path(path).read_text() for path in dependencies)
        pathlib.Path(targets[0]).write_text(text + name)
        while os.path.exists("wait"):
            time.sleep(0.005)

    def task_one():
        return {"targets": ["one.txt"], "file_dep": ["raw.txt"], "actions": [(make, ["one"])],
                "clean": True}

    def task_two():
        return {"targets": ["two.txt"], "file_dep": ["one.txt"], "actions": [(make, ["two"])]}
"""


class Person:
    """Somebody at work in a project, with a umask that lets nobody else write.

    They may read everything: root's Python may lie where nobody else may look.
    """

    def __init__(self, uid: int, folder: Path) -> None:
        self._folder = folder
        may_read = "-all,+dac_read_search"
        self._become = [
            *("setpriv", f"--reuid={uid}", f"--regid={uid}", f"--groups={GROUP}"),
            *(f"--inh-caps={may_read}", f"--ambient-caps={may_read}"),
        ]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._become, sys.executable, "-m", "doit", *arguments],
            cwd=self._folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=0o022,
            start_new_session=True,
        )

    def doit(self, *arguments: str) -> Said:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, (out, err)
        return Said(0, out, err)


@pytest.fixture(params=[0o777, 0o770, 0o2770], ids=["for all", "for a group", "set-gid"])
def shared(request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project in a folder that both may write."""
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, 0, GROUP)
    folder.chmod(request.param)
    project = Project(folder)
    project.write("raw.txt", "raw ")
    project.dodo(DODO)
    (folder / "ran.log").touch()
    (folder / "ran.log").chmod(0o666)
    yield project
    shutil.rmtree(folder)


def noted(project: Project) -> list[str]:
    return project.read("ran.log").split()


def test_each_finds_what_the_other_built(shared: Project) -> None:
    anne, bert = Person(ANNE, shared.folder), Person(BERT, shared.folder)
    anne.doit("one")
    assert "1 built" in bert.doit("two").out
    assert "2 up to date" in anne.doit().out
    assert noted(shared) == ["one", "two"]
    shared.write("raw.txt", "new ")
    bert.doit()
    assert shared.read("two.txt") == "new onetwo"
    assert "2 up to date" in anne.doit().out
    anne.doit("clean", "one")
    assert not shared.exists("one.txt")
    mode = (shared.folder / ".datamake" / "store.sqlite").stat().st_mode
    assert stat.S_IMODE(mode) == stat.S_IMODE(shared.folder.stat().st_mode) & 0o666


def test_both_at_once_build_each_stage_once(shared: Project) -> None:
    people = [Person(ANNE, shared.folder), Person(BERT, shared.folder)] * 2
    processes = [person.start() for person in people]
    for process in processes:
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, (out, err)
    assert sorted(noted(shared)) == ["one", "two"]


def test_one_clears_what_the_other_left_who_was_killed(shared: Project) -> None:
    anne, bert = Person(ANNE, shared.folder), Person(BERT, shared.folder)
    shared.write("wait", "")
    process = anne.start("one")
    wait_until(lambda: bool(list(shared.folder.glob(".datamake-*/one.txt"))))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=DEADLINE_SECONDS)
    (shared.folder / "wait").unlink()
    bert.doit()
    assert shared.read("two.txt") == "raw onetwo"
    assert not list(shared.folder.glob(".datamake-*"))
    assert "2 up to date" in anne.doit().out


def test_the_last_failure_of_one_is_cleared_by_the_other(shared: Project) -> None:
    anne, bert = Person(ANNE, shared.folder), Person(BERT, shared.folder)
    shared.dodo(DODO.replace("while os", "assert not os.path.exists('wait')\n        while os"))
    shared.write("wait", "")
    for person in (anne, bert, anne):
        process = person.start("one")
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert "1 failed" in out, (out, err)
        assert shared.read(".datamake/failed/one/one.txt") == "raw one"
        left = os.listdir(shared.folder / ".datamake/failed/one")
        assert sorted(left) == ["one.txt", "traceback.txt"]
    (shared.folder / "wait").unlink()
    bert.doit("one")
    assert not shared.exists(".datamake/failed/one")


IN_PLACE = """
    def begin():
        note("begin")
        with open("annes/begun.txt", "w") as file:
            file.write("half")
            file.flush()
            while os.path.exists("wait"):
                time.sleep(0.005)

    def task_begin():
        return {"targets": ["annes/begun.txt"], "actions": [begin]}

    def task_other():
        return {"targets": ["other.txt"], "actions": ["echo other > %(targets)s"]}
"""


def test_what_one_left_and_the_other_may_not_clear_is_one_clear_line(shared: Project) -> None:
    anne, bert = Person(ANNE, shared.folder), Person(BERT, shared.folder)
    (shared.folder / "annes").mkdir()
    os.chown(shared.folder / "annes", ANNE, ANNE)
    shared.dodo(IN_PLACE)
    shared.write("annes/begun.txt", "good")
    os.chown(shared.folder / "annes/begun.txt", ANNE, ANNE)
    shared.write("wait", "")
    process = anne.start("begin")
    begun = shared.folder / "annes/begun.txt"
    wait_until(lambda: begun.exists() and begun.read_text() == "half")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=DEADLINE_SECONDS)
    (shared.folder / "wait").unlink()
    for _ in range(2):
        refused = bert.start()
        out, err = refused.communicate(timeout=DEADLINE_SECONDS)
        assert (refused.returncode, err) == (1, ""), (out, err)
        assert (
            "\nbegin failed: an interrupted run of begin left annes/begun.txt half-made, and in the"
            f" folder annes it can't be put back (Permission denied; it is user {ANNE}'s): ask user"
            f" {ANNE} to type the same command, or to give you the right to write annes/begun.txt\n"
        ) in out
        assert "Traceback" not in out
    assert "1 built" in bert.doit("other").out
    assert noted(shared) == ["begin"]
    assert "built    begin" in anne.doit()
    assert shared.read("annes/begun.txt") == "half"
    assert not list(shared.folder.glob("**/.datamake-*"))


FOLDER = """
    def fold(targets):
        os.makedirs(targets[0])
        pathlib.Path(targets[0], "part").write_text("whole")

    def write(targets):
        pathlib.Path(targets[0]).write_text("whole")

    def task_fold():
        return {"targets": ["data/fold"], "file_dep": ["raw.txt"], "actions": [fold]}

    def task_file():
        return {"targets": ["data/file"], "file_dep": ["raw.txt"], "actions": [write]}
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_who_may_not_replace_a_target_hears_whose_it_is_and_what_helps(
    shared: Project, workers: tuple[str, ...]
) -> None:
    anne, bert = Person(ANNE, shared.folder), Person(BERT, shared.folder)
    data = shared.folder / "data"
    data.mkdir()
    os.chown(data, 0, GROUP)
    data.chmod(0o777)
    shared.dodo(FOLDER)
    anne.doit()
    shared.write("raw.txt", "new")

    def failure(stage: str) -> str:
        process = bert.start("run", *workers, stage)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert (process.returncode, err) == (1, "")
        return next(line for line in out.splitlines() if line.startswith(f"{stage} failed: "))

    assert failure("fold") == (
        f"fold failed: data/fold can't be replaced: it is a folder of user {ANNE}, and you may not"
        f" write in it: `chmod g+w data/fold` by user {ANNE} helps, and `umask 002` for what is"
        " built from now on"
    )
    data.chmod(0o1777)
    assert failure("file") == (
        f"file failed: data/file can't be replaced: it is user {ANNE}'s, and in the folder data of"
        f" root, which is sticky, only user {ANNE} may do that: `chmod -t data` by its owner helps"
    )
    data.chmod(0o755)
    assert failure("file") == (
        "file failed: data/file can't be made: the folder data is root's, and you may not write in"
        " it: `chmod g+w data` by its owner helps"
    )
    data.chmod(0o777)
    (data / "fold").chmod(0o777)
    assert "2 built" in bert.doit(*workers).out
