"""Actions that insist on the final path: they work, and what they leave half-made is undone."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.waiting import dodo, staging_folders, wait_for_pause

# Each of these writes "<turn> half" to its target, and " whole" behind it unless the turn is bad.
BY_NAME = """
    OUT = "data/global.txt"
    PLACE = pathlib.Path("data") / "place.txt"

    def write(path):
        with open(path, "w") as file:
            file.write(turn() + " half")
            file.flush()
            if turn() == "bad":
                raise ValueError("half way")
            file.write(" whole")

    def stage(name, *actions):
        target = f"data/{name}.txt"
        return {
            "basename": name, "file_dep": ["turn"], "targets": [target], "actions": list(actions),
        }

    def task_all():
        def constant():
            write("data/constant.txt")
        yield stage("constant", constant)

        def through_global():
            write(OUT)
        yield stage("global", through_global)

        def through_path():
            write(PLACE)
        yield stage("place", through_path)

        around = "data/closure.txt"
        def closure():
            write(around)
        yield stage("closure", closure)

        def default(path="data/default.txt"):
            write(path)
        yield stage("default", default)

        def computed():
            write(os.path.join("data", "com" + "puted.txt"))
        yield stage("computed", computed)

        class Writer:
            def __init__(self, path):
                self.path = path
            def run(self):
                write(self.path)
        yield stage("method", Writer("data/method.txt").run)

        good = "test `cat turn` != bad"
        half = "cat turn > {0}; printf ' half' >> {0}; " + good + " && printf ' whole' >> {0}"
        yield stage("command", half.format("data/command.txt"))
        yield stage("quoted", half.format("'./data/quoted.txt'"))
        yield stage("moved", "cd data; " + half.replace("turn", "../turn").format("moved.txt"))
        yield stage("absolute", half.format(os.path.abspath("data/absolute.txt")))
        yield stage("script", "sh write.sh")

        def first(targets):
            pathlib.Path(targets[0]).write_text(turn())
        later = good + " && printf ' half whole' >> data/{}.txt"
        yield stage("mixed", first, later.format("mixed"))
        words = ["sh", "-c", later.format("mixed_words")]
        yield stage("mixed_words", "cp turn %(targets)s", words)
        yield stage("mixed_script", "cp turn %(targets)s", "sh finish.sh")
        def finish():
            assert pathlib.Path("data/mixed_python.txt").read_text() == turn()
            write("data/mixed_python.txt")
        yield stage("mixed_python", first, finish)
"""

NAMES = [
    "constant", "global", "place", "closure", "default", "computed", "method", "command", "quoted",
    "moved", "absolute", "script", "mixed", "mixed_words", "mixed_script", "mixed_python",
]  # fmt: skip


def contents(project: Project) -> dict[str, str | None]:
    paths = {name: project.folder / "data" / f"{name}.txt" for name in NAMES}
    return {name: path.read_text() if path.exists() else None for name, path in paths.items()}


def test_actions_that_name_their_target_work_and_a_failure_undoes_them(project: Project) -> None:
    script = "cat turn > data/{0}.txt; printf ' half' >> data/{0}.txt\n"
    script += "test `cat turn` != bad && printf ' whole' >> data/{0}.txt\n"
    project.write("write.sh", script.format("script"))
    project.write("finish.sh", script.format("mixed_script"))
    dodo(project, BY_NAME)

    project.write("turn", "bad")
    project.doit("-c", code=None)
    assert contents(project) == dict.fromkeys(NAMES)

    for turn in ("good", "better"):
        project.write("turn", turn)
        project.doit()
        assert contents(project) == dict.fromkeys(NAMES, f"{turn} half whole")
        assert f"{len(NAMES)} up to date" in project.doit().out

    project.write("turn", "bad")
    said = project.doit("-c", code=None)
    assert f"{len(NAMES)} failed" in said.out
    assert contents(project) == dict.fromkeys(NAMES, "better half whole")
    for name in NAMES:
        assert f"unfinished target: .datamake/failed/{name}/data/{name}.txt" in said.out
        assert project.read(f".datamake/failed/{name}/data/{name}.txt").startswith("bad")
    assert staging_folders(project.folder) == []


DEFAULT_BESIDE_TARGETS = """
    def write(targets):
        pathlib.Path(targets[0]).write_text(turn())
        log = "/".join(["data", "log" + ".txt"])
        with open(log, "w") as file:
            file.write(turn() + " half")
            file.flush()
            if turn() == "bad":
                raise ValueError("half way")

    def task_table():
        return {
            "file_dep": ["turn"], "targets": ["data/table.txt", "data/log.txt"], "actions": [write],
        }
"""


def test_a_target_that_turns_out_to_be_written_by_name_is_protected_from_then_on(
    project: Project,
) -> None:
    dodo(project, DEFAULT_BESIDE_TARGETS)
    project.write("turn", "bad")
    project.doit(code=2)
    assert project.files() == ["turn"]
    project.write("turn", "good")
    project.doit()
    assert "1 built" in project.doit("-a").out
    project.write("turn", "bad")
    project.doit(code=2)
    assert project.read("data/table.txt") == "good"
    assert project.read("data/log.txt") == "good half"
    assert project.read(".datamake/failed/table/data/log.txt") == "bad half"


def test_an_action_that_looks_for_the_target_too_early_is_told_where_it_is(
    project: Project,
) -> None:
    project.dodo("""
        def write(targets):
            pathlib.Path(targets[0]).write_text("x")
            open("/".join(["data", "a" + ".txt"]))

        def task_a():
            return {"targets": ["data/a.txt"], "actions": [write]}
    """)
    said = project.doit(code=2)
    assert "until the stage is built, data/a.txt is where `targets` says" in said.out
    assert project.files() == []


@pytest.mark.parametrize("action", ["write", "'cat turn > a.txt; touch a.started; sleep 60'"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_last_good_target_comes_back_after_an_interrupt_and_a_kill(
    project: Project, action: str, how: signal.Signals
) -> None:
    dodo(
        project,
        f"""
        def write():
            with open("a.txt", "w") as file:
                file.write(turn())
                file.flush()
                if turn() != "good":
                    pause("a")

        def task_a():
            actions = [{action}]
            if turn() == "good":
                actions = ["cat turn > a.txt"]
            return {{"file_dep": ["turn"], "targets": ["a.txt"], "actions": actions}}

        def task_look():
            return {{"actions": ["cat a.txt; echo"], "verbosity": 2}}
        """,
    )
    project.write("turn", "good")
    project.doit("a")
    project.write("turn", "half")
    process = project.start("a")
    wait_for_pause(project, "a")
    wait_until(lambda: project.read("a.txt") == "half")
    os.killpg(process.pid, how)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    (project.folder / "a.started").unlink()
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in err
        assert project.read("a.txt") == "good"
        assert staging_folders(project.folder) == []
    assert "good" in project.doit("look").out.splitlines()
    assert project.read(".datamake/failed/a/a.txt") == "half"
    assert staging_folders(project.folder) == []


def living(group: int) -> list[str]:
    """The processes of a group, but for those that only wait to be counted as dead."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[2] == str(group) and fields[0] != "Z":
                found.append(stat.parent.name)
    return found


def test_an_interrupt_of_doit_alone_ends_the_command_that_writes(project: Project) -> None:
    project.dodo("""
        def task_a():
            write = "while true; do echo more >> a.txt; sleep 0.01; done"
            return {"targets": ["a.txt"], "actions": [f"({write}) & touch started; wait"]}
    """)
    process = project.start()
    wait_until(lambda: project.exists("started") and project.exists("a.txt"))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert project.files() == ["started"]
    wait_until(lambda: not living(process.pid))
    assert project.files() == ["started"]


def test_a_folder_made_by_name_comes_back_after_a_failure(project: Project) -> None:
    dodo(
        project,
        """
        def split():
            os.makedirs("data/parts", exist_ok=True)
            pathlib.Path("data/parts/" + turn() + ".txt").write_text(turn())
            pathlib.Path("data/parts/same.txt").write_text(turn())
            if turn() == "bad":
                raise ValueError("half way")

        def task_parts():
            return {
                "file_dep": ["turn"], "targets": ["data/parts"], "actions": [split], "clean": True,
            }
        """,
    )
    project.write("turn", "good")
    project.doit()
    project.write("turn", "bad")
    project.doit(code=2)
    assert project.files() == ["data/parts/good.txt", "data/parts/same.txt", "turn"]
    assert project.read("data/parts/same.txt") == "good"
    project.doit("clean")
    assert project.files() == ["turn"]


def test_targets_in_a_folder_of_the_same_stage(project: Project) -> None:
    dodo(
        project,
        """
        def write(targets):
            os.makedirs(targets[0], exist_ok=True)
            pathlib.Path(targets[0], "a.txt").write_text(turn())
            pathlib.Path(targets[1]).write_text(turn())

        def task_nested():
            return {
                "file_dep": ["turn"], "targets": ["data", "data/b.txt"], "actions": [write],
                "clean": True,
            }
        """,
    )
    for turn in ("one", "two"):
        project.write("turn", turn)
        project.doit()
        assert "1 up to date" in project.doit().out
        assert project.read("data/a.txt") == project.read("data/b.txt") == turn


APPENDED = """
    def lines():
        with open("data/lines.txt", "a") as file:
            file.write(turn() + "\\n")

    def parts():
        os.makedirs("data/parts", exist_ok=True)
        pathlib.Path("data/parts", turn()).write_text(turn())
        assert turn() != "bad"

    def stage(target, action):
        return {"file_dep": ["turn"], "targets": [target], "actions": [action]}

    def task_lines():
        return stage("data/lines.txt", lines)

    def task_command():
        return stage("data/command.txt", "cat turn >> data/command.txt")

    def task_parts():
        return stage("data/parts", parts)
"""


def test_a_target_in_place_begins_with_nothing_like_a_build_from_nothing(
    project: Project,
) -> None:
    dodo(project, APPENDED)
    for turn in ("first", "second"):
        project.write("turn", turn)
        said = project.doit()
        assert "kept" not in said.out
        assert project.read("data/lines.txt") == f"{turn}\n"
        assert project.read("data/command.txt") == turn
        assert os.listdir(project.folder / "data/parts") == [turn]
        assert "3 up to date" in project.doit().out
    (project.folder / "data/lines.txt").chmod(0o600)
    project.write("turn", "bad")
    assert "1 failed" in project.doit("-c", code=None).out
    assert (project.folder / "data/lines.txt").stat().st_mode & 0o777 == 0o600
    assert os.listdir(project.folder / "data/parts") == ["second"]
    assert staging_folders(project.folder) == []


def test_a_target_in_place_comes_back_where_a_kill_found_its_place_empty(
    project: Project,
) -> None:
    dodo(
        project,
        """
        def wait():
            if turn() != "good":
                pause("wait")

        def lines():
            with open("lines.txt", "a") as file:
                file.write(turn())

        def task_lines():
            return {"file_dep": ["turn"], "targets": ["lines.txt"], "actions": [wait, lines]}

        def task_look():
            return {"actions": ["cat lines.txt; echo"], "verbosity": 2}
        """,
    )
    project.write("turn", "good")
    project.doit("lines")
    project.write("turn", "better")
    project.kill_when((project.folder / "wait.started").exists, "lines")
    (project.folder / "wait.started").unlink()
    assert not project.exists("lines.txt")
    assert "good" in project.doit("look").out.splitlines()
    assert staging_folders(project.folder) == []


def test_a_folder_in_place_with_files_of_others_begins_with_those_alone(project: Project) -> None:
    dodo(
        project,
        """
        def parts():
            for name in ("out", "out/" + turn()):
                os.makedirs(name, exist_ok=True)
            pathlib.Path("out", turn(), "part").write_text(turn())
            assert turn() != "bad"

        def other(targets):
            pathlib.Path(targets[0]).write_text("other")

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["out"], "actions": [parts]}

        def task_other():
            return {"targets": ["out/other"], "actions": [other]}
        """,
    )
    for turn in ("first", "second"):
        project.write("turn", turn)
        project.doit()
        assert project.files() == sorted(["out/other", f"out/{turn}/part", "turn"])
        assert sorted(os.listdir(project.folder / "out")) == sorted(["other", turn])
        assert "2 up to date" in project.doit().out
    project.write("turn", "bad")
    project.doit(code=None)
    assert project.files() == ["out/other", "out/second/part", "turn"]
    project.write("out/mine", "by hand")
    project.write("turn", "third")
    project.doit()
    assert project.read("out/mine") == "by hand"
    assert project.read("out/other") == "other"


@pytest.mark.parametrize("mode", ["w", "wb", "a+"])
def test_a_target_with_the_name_of_a_mode_is_staged_all_the_same(
    project: Project, mode: str
) -> None:
    text = "turn().encode()" if "b" in mode else "turn()"
    dodo(
        project,
        f"""
        def write(targets):
            assert ".datamake-" in targets[0]
            with open(targets[0], "{mode}") as file:
                file.write({text})

        def by_name(targets):
            with open("{mode}", "{mode}") as file:
                file.write({text})

        def task_mode():
            action = by_name if os.path.exists("by_name") else write
            return {{"file_dep": ["turn"], "targets": ["{mode}"], "actions": [action]}}
        """,
    )
    for turn in ("one", "two"):
        project.write("turn", turn)
        project.doit()
        assert project.read(mode) == turn
    project.write("by_name", "")
    for turn in ("three", "four"):
        project.write("turn", turn)
        project.doit()
    assert project.read(mode) == "four"
    assert "1 up to date" in project.doit().out
