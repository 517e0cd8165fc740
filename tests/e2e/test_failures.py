"""A stage that fails: the last good target stays, and the report says what a person needs."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, staging_folders, wait_for_pause

# Every action writes a part of its target; when the turn is "bad", it fails after that.
FAILING = """
    import asyncio
    from doit.action import BaseAction, CmdAction
    from doit.exceptions import TaskFailed

    def stage(name, *actions):
        return {
            "basename": name, "file_dep": ["turn"], "targets": [f"data/{name}.txt"],
            "actions": list(actions),
        }

    def ok():
        return turn() != "bad"

    def write(targets):
        pathlib.Path(targets[0]).write_text(turn())

    def raises(targets):
        write(targets)
        if not ok():
            raise ValueError("first line\\nsecond line")

    def parse(text):
        return int(text)

    def clean(text):
        return parse(text)

    def deep(targets):
        write(targets)
        if not ok():
            clean("not a number")

    def library(targets):
        import json
        write(targets)
        if not ok():
            json.loads("{")

    def says_no(targets):
        write(targets)
        return ok()

    def exits(targets):
        write(targets)
        if not ok():
            sys.exit(0)

    def cancelled(targets):
        write(targets)
        if not ok():
            raise asyncio.CancelledError()

    def returns_number(targets):
        write(targets)
        return None if ok() else 17

    def returns_failure(targets):
        write(targets)
        return None if ok() else TaskFailed("I say so")

    def forgets(targets):
        if ok():
            write(targets)

    def leaves_values(targets):
        write(targets)
        return {"n": 1} if ok() else {"n": {1, 2}}

    def missing_targets(targets=None):
        pass

    def text():
        return "cp turn %(targets)s" if ok() else "cp turn %(no_such_name)s"

    class Own(BaseAction):
        def __init__(self, task=None):
            self.task, self.out, self.err, self.result, self.values = task, None, None, None, {}
        def execute(self, out=None, err=None):
            write(self.task.targets)
            if not ok():
                raise KeyError("from a class of one's own")

    def task_all():
        yield stage("raises", raises)
        yield stage("deep", deep)
        yield stage("library", library)
        yield stage("says_no", says_no)
        yield stage("exits", exits)
        yield stage("cancelled", cancelled)
        yield stage("returns_number", returns_number)
        yield stage("returns_failure", returns_failure)
        yield stage("forgets", forgets)
        yield stage("leaves_values", leaves_values)
        yield stage("status_1", "cp turn %(targets)s; test `cat turn` != bad")
        yield stage("status_126", "cp turn %(targets)s; test `cat turn` != bad || exit 126")
        yield stage("killed", "cp turn %(targets)s; test `cat turn` != bad || kill -9 $$")
        yield stage("text", CmdAction(text))
        yield stage("second", write, "test `cat turn` != bad")
        yield stage("own", Own())

    def task_surplus():
        if turn() == "good":
            return stage("surplus", write)
        return stage("surplus", (write, [1, 2, 3]))

    def task_no_program():
        program = "cp" if turn() == "good" else "no-such-program"
        return stage("no_program", [program, "turn", "data/no_program.txt"])
"""

NAMES = [
    "raises", "deep", "library", "says_no", "exits", "cancelled", "returns_number",
    "returns_failure", "forgets", "leaves_values", "status_1", "status_126", "killed", "text",
    "second", "own", "surplus", "no_program",
]  # fmt: skip
# These fail before they have written anything.
WRITE_NOTHING = {"forgets", "text", "surplus", "no_program"}

WORDS = {
    "raises": "ValueError: first line\nsecond line\n",
    "deep": "ValueError: invalid literal for int() with base 10: 'not a number'\n",
    "library": "JSONDecodeError: ",
    "says_no": "Python Task failed: says_no returned False\n",
    "exits": "the action called sys.exit(0)\n",
    "cancelled": "the action raised CancelledError\n",
    "returns_number": "the action returned a value of type int: have it write",
    "returns_failure": "I say so\n",
    "forgets": "the stage ended without making data/forgets.txt\n",
    "leaves_values": "its values can't be saved: TypeError",
    "status_1": "Command failed: 'cp turn data/status_1.txt; test `cat turn` != bad' returned 1\n",
    "status_126": "returned 126\n",
    "killed": "was killed by SIGKILL (perhaps memory ran out)\n",
    "text": "the command that a function made asks for 'no_such_name': there are targets, ",
    "second": "Command failed: 'test `cat turn` != bad' returned 1\n",
    "own": 'KeyError: "from a class of one\'s own"\n',
    "surplus": "TypeError: too many positional arguments\n",
    "no_program": "No such file or directory: 'no-such-program'\n",
}


def test_every_way_to_fail_leaves_the_last_good_and_says_what_happened(project: Project) -> None:
    dodo(project, FAILING)
    for turn in ("good", "bad"):
        project.write("turn", turn)
        said = project.doit("-c", code=0 if turn == "good" else 2)
    for name in NAMES:
        assert project.read(f"data/{name}.txt") == "good"
        told = said.out.partition(f"\n{name} failed: ")[2].partition("to try again: ")[0]
        assert WORDS[name] in told
        assert ".datamake-" not in told
        unfinished = f".datamake/failed/{name}/data/{name}.txt"
        assert (f"unfinished target: {unfinished}\n" in told) == (name not in WRITE_NOTHING)
        if name not in WRITE_NOTHING:
            assert project.read(unfinished) == "bad"
    assert f"{len(NAMES)} failed" in said.out
    assert staging_folders(project.folder) == []

    assert "last attempt failed" in project.doit("why", "deep").out
    project.write("turn", "good")
    said = project.doit("-c")
    assert "last attempt failed" in said.out
    assert f"{len(NAMES)} up to date" in project.doit().out
    assert not project.exists(".datamake/failed/deep")


def test_the_report_shows_the_persons_own_lines_and_how_to_try_again(project: Project) -> None:
    project.write("tasks/__init__.py", "")
    project.write(
        "tasks/parts.py",
        """
        def parse(text):
            return int(text)

        def write(targets, n):
            print("on the way")
            with open(targets[0], "w") as file:
                file.write("half")
                parse(f"no number {n}")
        """,
    )
    project.dodo("""
        from tasks.parts import write

        def task_table(n: int = 1):
            return {"targets": [f"data/table_{n}.txt"], "actions": [(write, [], {"n": n})]}
    """)
    out = project.doit("table", "n=20", code=2).out
    (log,) = (project.folder / ".datamake/logs").iterdir()
    assert out.endswith(f"""
table failed: ValueError: invalid literal for int() with base 10: 'no number 20'
  stdout:
      on the way
  tasks/parts.py:8, in write
      parse(f"no number {{n}}")
  tasks/parts.py:2, in parse
      return int(text)
  unfinished target: .datamake/failed/table/data/table_20.txt
  whole traceback: .datamake/failed/table/traceback.txt
  log: .datamake/logs/{log.name}
  to try again: doit n=20 table
""")
    assert "doit/action.py" not in out
    assert "doit/action.py" in project.read(".datamake/failed/table/traceback.txt")
    assert project.files() == ["tasks/__init__.py", "tasks/parts.py"]


def test_a_folder_that_can_not_be_made_is_one_clear_line(project: Project) -> None:
    project.write("data", "a file in the place of the folder")
    project.dodo("""
        def write(targets):
            pathlib.Path(targets[0]).write_text("x")

        def task_below():
            return {"targets": ["data/a.txt"], "actions": [write]}

        def task_deeper():
            return {"targets": ["data/deep/a.txt"], "actions": [write]}
    """)
    said = project.doit("-c", code=1)
    assert said.out.count("NotADirectoryError: [Errno 20] Not a directory: 'data") == 2
    assert "Traceback" not in said
    assert project.read("data") == "a file in the place of the folder"
    (project.folder / "data").unlink()
    project.doit()
    assert project.files() == ["data/a.txt", "data/deep/a.txt"]


def test_a_full_disk_leaves_the_last_good(project: Project) -> None:
    """A limit to the size of files stands in for the end of the disk."""
    dodo(
        project,
        """
        def write(targets):
            with open(targets[0], "w") as file:
                file.write(turn() * 100_000)

        def task_staged():
            return {"file_dep": ["turn"], "targets": ["a.txt"], "actions": [write]}

        def task_in_place():
            return {"file_dep": ["turn"], "targets": ["b.txt"], "actions": ["cp a.txt b.txt"]}
    """,
    )
    project.write("turn", "small")
    project.doit()
    size = os.path.getsize(project.folder / "a.txt")
    project.write("turn", "much larger than it was")
    process = subprocess.run(
        [sys.executable, "-m", "doit", "staged"],
        cwd=project.folder, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert process.returncode == 2
    assert "OSError: [Errno 27] File too large" in process.stdout
    assert project.read("a.txt") == "small" * 100_000
    assert staging_folders(project.folder) == []


def test_an_empty_file_is_a_target_like_any_other(project: Project) -> None:
    project.dodo("""
        def task_empty():
            return {"targets": ["data/empty.txt"], "actions": ["touch %(targets)s"]}
    """)
    assert "data/empty.txt  0 B" in project.doit().out
    assert "1 up to date" in project.doit().out


def test_of_several_targets_all_are_replaced_or_none(project: Project) -> None:
    """What lies beside them can't take its place, when both have taken theirs."""
    dodo(
        project,
        """
        def write(targets):
            for target in targets:
                pathlib.Path(target).write_text(turn())
            if turn() == "bad":
                pathlib.Path(targets[1]).with_name("folder").write_text("a file")

        def task_pair():
            return {
                "file_dep": ["turn"], "targets": ["a/one.txt", "b/two.txt"], "actions": [write],
            }
        """,
    )
    project.write("b/folder/mine.txt", "by hand")
    project.write("turn", "good")
    project.doit()
    project.write("turn", "bad")
    said = project.doit(code=1)
    assert "pair failed: IsADirectoryError: [Errno 21] Is a directory" in said.out
    assert "also wrote" not in said.out
    assert project.files() == ["a/one.txt", "b/folder/mine.txt", "b/two.txt", "turn"]
    assert project.read("a/one.txt") == project.read("b/two.txt") == "good"
    assert project.read(".datamake/failed/pair/a/one.txt") == "bad"
    project.write("turn", "good")
    assert "last attempt failed" in project.doit().out


def test_an_action_that_interrupts_is_an_interrupt(project: Project) -> None:
    project.dodo("""
        def stop(targets):
            pathlib.Path(targets[0]).write_text("half")
            raise KeyboardInterrupt

        def task_a():
            return {"targets": ["a.txt"], "actions": [stop]}

        def task_b():
            return {"targets": ["b.txt"], "actions": ["touch %(targets)s"]}
    """)
    said = project.doit("-c", code=130)
    assert "Traceback" not in said
    assert project.files() == []
    assert "last attempt was interrupted" in project.doit("why", "a").out


@pytest.mark.parametrize("action", ["wait", '"touch a.started; sleep 60"'])
def test_an_interrupt_from_the_keyboard_leaves_nothing_behind(
    project: Project, action: str
) -> None:
    dodo(
        project,
        f"""
        def wait(targets):
            pathlib.Path(targets[0]).write_text("half")
            pause("a")

        def task_a():
            return {{"targets": ["data/a.txt"], "actions": [{action}]}}
    """,
    )
    process = project.start()
    wait_for_pause(project, "a")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert err == "stopped by SIGINT: type the same command again to go on\n"
    assert project.files() == ["a.started"]
    assert not project.exists("data")
    assert staging_folders(project.folder) == []


def test_what_failures_left_is_kept_until_the_next_run_which_keeps_the_last(
    project: Project,
) -> None:
    project.dodo("""
        def half(targets):
            pathlib.Path(targets[0]).write_text("half")
            raise ValueError

        def task_half():
            for n in range(25):
                yield {"name": f"{n:02}", "targets": [f"{n}.txt"], "actions": [half]}

        def task_fine():
            return {"targets": ["fine.txt"], "actions": ["echo 1 > %(targets)s"]}
    """)
    project.doit("-c", code=2)
    failed = project.folder / ".datamake" / "failed"
    assert len(list(failed.iterdir())) == 25
    project.doit("fine")
    assert sorted(path.name for path in failed.iterdir()) == [f"half:{n:02}" for n in range(5, 25)]
    assert (failed / "half:24" / "24.txt").read_text() == "half"


@pytest.mark.parametrize("workers", [(), ("-n", "2"), ("-n", "2", "-P", "thread")])
def test_an_async_function_fails_with_what_to_do_instead(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.dodo("""
        async def fetch(targets):
            pathlib.Path(targets[0]).write_text("fetched")

        def task_fetch():
            return {"targets": ["a.txt"], "actions": [fetch]}
    """)
    said = project.doit(*workers, code=2)
    assert said.err == ""
    assert (
        "\nfetch failed: the action fetch is an async function, which doit does not await: have a"
        " function without `async` call asyncio.run(fetch(...))\n"
    ) in said.out
    assert "Warning" not in said.out


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_was_made_in_the_place_of_a_target_is_named(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.dodo("""
        def save(targets):  # as np.save does
            for name in NAMES:
                pathlib.Path(targets[0] + name).write_text("x")

        NAMES = pathlib.Path("names").read_text().split()

        def task_save():
            return {"targets": ["data/arr"], "actions": [save]}
    """)
    for names, said in (
        ("", "the stage ended without making data/arr\n"),
        (".npy", "the stage ended without making data/arr: it made data/arr.npy\n"),
        (".a .b .c .d .e", "data/arr: it made data/arr.a, data/arr.b, data/arr.c and 2 more\n"),
    ):
        project.write("names", names)
        assert said in project.doit(*workers, code=1).out
        assert project.files() == ["names"]


def test_of_many_that_failed_before_a_group_the_first_are_named(project: Project) -> None:
    project.dodo(
        """
        def task_part():
            for n in range(5):
                yield {"name": f"no {n}", "targets": [f"{n}.txt"], "actions": ["false"]}

        def task_whole():
            return {"task_dep": ["part"], "actions": ["true"]}
        """
    )
    said = project.doit("-c", code=2).out
    assert "not run  part  needs part:no 0, part:no 1, part:no 2 and 2 more\n" in said
    assert "not run  whole  needs part\n" in said
    events = map(json.loads, project.doit("-c", "-r", "json", code=2).out.splitlines())
    needs = {event["stage"]: event["needs"] for event in events if event["event"] == "not_run"}
    assert needs["part"] == " ".join(f"part:no {n}" for n in range(5))
