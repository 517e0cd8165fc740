"""`doit why`, `--dry-run` and `list -s` say what a run would do, and a run does what they say."""

from __future__ import annotations

import os
import random
import re

import pytest

from tests.e2e.conftest import Project

DODO = """
    LIMIT = 10

    def join(dependencies, targets, sign="-"):
        note(os.path.basename(targets[0]))
        words = [pathlib.Path(path).read_text().strip() for path in dependencies]
        pathlib.Path(targets[0]).write_text(sign.join(words)[:LIMIT])

    def task_upper():
        return {"file_dep": ["raw.txt"], "targets": ["upper"],
                "actions": ["tr a-z A-Z < %(dependencies)s > %(targets)s; echo upper >> ran.log"]}

    def task_join():
        return {"file_dep": ["upper", "more.txt"], "targets": ["joined"], "actions": [join]}

    def task_copy():
        return {"file_dep": ["joined"], "targets": ["copy"], "actions": [join]}

    def task_apart():
        return {"file_dep": ["more.txt"], "targets": ["apart"], "actions": [join]}
"""


@pytest.fixture
def built(project: Project) -> Project:
    """raw.txt -> upper -> joined -> copy, and more.txt -> apart, built."""
    project.write("raw.txt", "a")
    project.write("more.txt", "b")
    project.dodo(DODO)
    project.doit()
    assert project.ran() == ["upper", "joined", "copy", "apart"]
    return project


def snapshot(project: Project) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and time; of datamake's own, the records and not the cache."""
    return {
        str(path.relative_to(project.folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in project.folder.rglob("*")
        if path.is_file() and not {".datamake", "__pycache__"} & set(path.parts)
    }


def plan(project: Project, *arguments: str) -> list[str]:
    """The lines of a dry run, without times; it must change nothing."""
    before, records = snapshot(project), project.doit("dumpdb").out
    lines = project.doit("run", "--dry-run", *arguments).out.splitlines()
    assert snapshot(project) == before
    assert project.doit("dumpdb").out == records
    assert project.ran() == []
    return [re.sub(r"  \(usually .* s\)$|; expected to take .*$", "", line) for line in lines]


def why(project: Project, *arguments: str) -> list[str]:
    return project.doit("why", *arguments).out.splitlines()


def letters(project: Project) -> dict[str, str]:
    lines = project.doit("list", "-s").out.splitlines()
    return {name: letter for letter, name in (line.split()[:2] for line in lines)}


def test_before_anything_is_built(project: Project) -> None:
    project.write("raw.txt", "a")
    project.write("more.txt", "b")
    project.dodo(DODO)
    assert plan(project) == [
        "run      upper  never built",
        "run      join  never built",
        "run      copy  never built",
        "run      apart  never built",
        "4 would run",
    ]
    assert why(project, "copy") == ["copy is stale:", "  never built"]
    assert set(letters(project).values()) == {"R"}


def test_when_all_is_fresh(built: Project) -> None:
    assert plan(built) == ["4 up to date"]
    assert why(built) == ["nothing is stale"]
    lines = why(built, "join")
    assert re.fullmatch(
        r"join is up to date: built \d{4}-\d\d-\d\d \d\d:\d\d:\d\d in \S+ s", lines[0]
    )
    assert lines[1:4] == [
        "  target as it was built: joined",
        "  input unchanged: upper",
        "  input unchanged: more.txt",
    ]
    assert "  action unchanged: dodo.py:join" in lines
    assert set(letters(built).values()) == {"U"}


def test_what_is_downstream_of_a_change_waits(built: Project) -> None:
    built.write("raw.txt", "c")
    assert plan(built) == [
        "run      upper  input changed: raw.txt",
        "maybe    join  waits for upper",
        "maybe    copy  waits for join",
        "1 would run, 2 may follow, 1 up to date",
    ]
    assert why(built) == [
        "upper is stale:",
        "  input changed: raw.txt",
        "join is up to date so far, and waits for upper",
        "copy is up to date so far, and waits for join",
    ]
    assert letters(built) == {"upper": "R", "join": "W", "copy": "W", "apart": "U"}
    built.doit()
    assert built.ran() == ["upper", "joined", "copy"]


def test_every_kind_of_reason_is_told(built: Project) -> None:
    built.write("apart", "edited")
    (built.folder / "copy").unlink()
    built.write("raw.txt", "c")
    built.write("new.txt", "d")
    changed = DODO.replace('"upper", "more.txt"', '"upper", "new.txt"').replace(
        "LIMIT = 10", "LIMIT = 20"
    )
    changed = changed.replace("tr a-z A-Z <", "tr a-z B-Z <")
    built.dodo(changed)
    lines = why(built)
    first = lines.index("join is stale:")
    assert lines[:first] == [
        "upper is stale:",
        "  input changed: raw.txt",
        "  action changed: command",
        "--- command (built)",
        "+++ command (now)",
        "@@ -1 +1 @@",
        "-tr a-z A-Z < raw.txt > upper; echo upper >> ran.log",
        "+tr a-z B-Z < raw.txt > upper; echo upper >> ran.log",
    ]
    assert lines[first : first + 6] == [
        "join is stale:",
        "  input added: new.txt",
        "  input removed: more.txt",
        "  action changed: dodo.py:LIMIT",
        "--- dodo.py:LIMIT (built)",
        "+++ dodo.py:LIMIT (now)",
    ]
    assert "  target missing: copy" in lines
    assert "  target changed since it was built: apart" in lines
    told = plan(built)
    assert told[0] == "run      upper  input changed: raw.txt; action changed: command"
    assert told[-1] == "4 would run"


def test_the_diff_of_a_changed_function_is_as_it_stands_in_the_file(built: Project) -> None:
    built.dodo(DODO.replace("sign.join(words)[:LIMIT]", "sign.join(reversed(words))[:LIMIT]"))
    assert why(built, "apart") == [
        "apart is stale:",
        "  action changed: dodo.py:join",
        "--- dodo.py:join (built)",
        "+++ dodo.py:join (now)",
        "@@ -1,4 +1,4 @@",
        ' def join(dependencies, targets, sign="-"):',
        "     note(os.path.basename(targets[0]))",
        "     words = [pathlib.Path(path).read_text().strip() for path in dependencies]",
        "-    pathlib.Path(targets[0]).write_text(sign.join(words)[:LIMIT])",
        "+    pathlib.Path(targets[0]).write_text(sign.join(reversed(words))[:LIMIT])",
    ]


def test_a_failed_an_ignored_and_a_forced_stage_and_a_group(built: Project) -> None:
    built.write("raw.txt", "c")
    built.dodo(DODO.replace("tr a-z A-Z <", "exit 1; tr a-z A-Z <"))
    built.doit(code=1)
    built.dodo(DODO)
    assert why(built, "upper")[:2] == ["upper is stale:", "  last attempt failed"]
    built.doit("ignore", "upper")
    assert why(built, "upper") == ["upper is ignored (`doit forget upper` ends that)"]
    assert plan(built, "upper") == ["ignored  upper", "1 ignored"]
    built.doit("forget", "upper")
    assert why(built, "upper") == ["upper is stale:", "  never built"]
    told = built.doit("run", "--dry-run", "-a", "apart").out.splitlines()
    assert [line[:22] for line in told] == ["run      apart  forced", "1 would run; expected "]


def test_a_target_may_be_asked_for_by_its_name(built: Project) -> None:
    assert why(built, "joined")[0].startswith("join is up to date")
    assert plan(built, "joined") == ["2 up to date"]
    assert "4 up to date" in built.doit()
    assert "'nothing'" in built.doit("why", "nothing", code=3).err


# The plan and the run agree


def random_dodo(chance: random.Random) -> str:
    """Six stages; each reads the raw files or earlier stages, and may lose what it read."""
    stages = []
    for number in range(6):
        sources = ["raw0", "raw1", *(f"out{earlier}" for earlier in range(number))]
        inputs = chance.sample(sources, k=min(len(sources), chance.randint(1, 3)))
        keeps = chance.choice([1, 1000])
        stages.append(
            f"""
    def task_t{number}():
        return {{"file_dep": {inputs}, "targets": ["out{number}"],
                "actions": [(join, [], {{"keeps": {keeps}}})]}}
"""
        )
    head = """
    def join(dependencies, targets, keeps):
        note(os.path.basename(targets[0]).replace("out", "t"))
        text = "".join(pathlib.Path(path).read_text() for path in dependencies)
        pathlib.Path(targets[0]).write_text(text[:keeps])
"""
    return head + "".join(stages)


@pytest.mark.parametrize("seed", range(6))
def test_what_the_plan_says_is_what_the_run_does(project: Project, seed: int) -> None:
    chance = random.Random(seed)
    project.write("raw0", "0 zero")
    project.write("raw1", "1 one")
    dodo = random_dodo(chance)
    project.dodo(dodo)
    project.doit()
    project.ran()
    for _ in range(2):
        edited = chance.choice(["raw0", "raw1"])
        project.write(edited, project.read(edited) + chance.choice(["", "!", "?"]))
        if chance.random() < 0.5:
            os.remove(project.folder / f"out{chance.randrange(6)}")
        said: dict[str, list[str]] = {"run": [], "maybe": []}
        for line in project.doit("run", "--dry-run").out.splitlines()[:-1]:
            word, name = line.split()[:2]
            said[word].append(name)
        status = letters(project)
        project.doit()
        ran = project.ran()
        assert set(said["run"]) <= set(ran)
        assert set(ran) <= {*said["run"], *said["maybe"]}
        assert [name for name in said["run"] if name in ran] == [
            name for name in ran if name in said["run"]
        ]
        assert {name for name, letter in status.items() if letter == "R"} == set(said["run"])
        assert {name for name, letter in status.items() if letter == "W"} == set(said["maybe"])


def test_where_nothing_is_stale_that_is_said(project: Project) -> None:
    project.dodo("def task_a(): return {'targets': ['a'], 'actions': ['echo 1 > %(targets)s']}")
    assert project.doit("why").out == "a is stale:\n  never built\n"
    project.doit()
    assert project.doit("why").out == "nothing is stale\n"


def test_a_member_of_an_enumeration_is_told_as_one_writes_it(project: Project) -> None:
    project.write(
        "dodo.py",
        """
        import enum, pathlib

        class Colour(enum.Enum):
            RED = 1
            BLUE = 2

        def paint(targets, colour):
            pathlib.Path(targets[0]).write_text(colour.name)

        def task_paint(colour: Colour = Colour.RED):
            return {"targets": ["paint.txt"], "actions": [(paint, [], {"colour": colour})]}
        """,
    )
    project.doit()
    changed = "argument changed: colour Colour.RED → Colour.BLUE"
    assert changed in project.doit("why", "paint", "colour=BLUE")
    assert changed in project.doit("colour=BLUE")
    assert changed in project.doit("history", "paint")
    assert changed in project.doit("diff", "1", "2")
    assert "arguments  colour = Colour.BLUE" in project.doit("history", "paint.txt")

    dodo = project.read("dodo.py")
    project.write("dodo.py", dodo.replace("RED = 1", "RED = 3"))
    assert ".BLUE(2) → dodo.Colour#" in project.doit("why", "paint", "colour=BLUE")
