"""doit stays doit: tasks that are created after others have run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


SPLIT_AND_UPPER = """
    from doit import create_after

    def split(dependencies):
        note("split")
        os.makedirs("parts", exist_ok=True)
        for word in pathlib.Path(dependencies[0]).read_text().split():
            pathlib.Path(f"parts/{word}.txt").write_text(word)

    def task_split():
        return {"file_dep": ["words.txt"], "actions": [split]}

    def upper(dependencies, targets):
        text = pathlib.Path(dependencies[0]).read_text()
        note(text)
        pathlib.Path(targets[0]).write_text(text.upper())

    @create_after(executed="split", target_regex=r".*\\.up")
    def task_upper():
        '''Write each part in capitals.'''
        for path in sorted(pathlib.Path("parts").glob("*.txt")):
            yield {"name": path.stem, "file_dep": [path], "targets": [path.with_suffix(".up")],
                   "actions": [upper], "clean": True}
"""


def test_tasks_are_created_when_what_they_come_after_has_run(both: SideBySide) -> None:
    both.dodo(SPLIT_AND_UPPER)
    both.write("words.txt", "one two")
    assert both.doit() == ["split", "one", "two"]
    assert both.doit() == []
    both.write("words.txt", "one two three")
    assert both.doit() == ["split", "three"]
    both.write("words.txt", "one two three four")
    assert both.doit("upper:four") == ["split", "four"]
    both.write("words.txt", "one two three four five")
    assert both.doit("parts/five.up") == ["split", "five"]
    both.doit("parts/six.up", code=3)
    assert both.doit("upper:six") == []
    assert both.doit("parts/one.up") == []


def test_a_plan_holds_back_what_is_not_known_before_something_ran(project: Project) -> None:
    project.dodo(SPLIT_AND_UPPER)
    project.write("words.txt", "one two")
    said = project.doit("run", "--dry-run")
    assert "run      split  never built" in said
    assert "maybe    upper  its tasks are known when what it waits for has run" in said
    assert project.files() == ["words.txt"]
    project.doit()
    said = project.doit("list", "-s", "--all")
    assert "U upper:one" in said
    assert "U upper " in said
    project.write("words.txt", "one two three")
    assert "maybe    upper" in project.doit("run", "--dry-run")
    assert "U split" not in project.doit("list", "-s")
    project.ran()
    project.doit("clean", "upper")
    assert not project.exists("parts/one.up")
    project.doit()
    assert sorted(project.ran()) == ["one", "split", "three", "two"]


SINGLE = """
    from doit import create_after

    def copy(dependencies, targets):
        text = "".join(pathlib.Path(path).read_text() for path in dependencies)
        pathlib.Path(targets[0]).write_text(text)

    def task_first():
        return {"file_dep": ["raw"], "targets": ["first"], "actions": [copy]}

    @create_after(executed="first")
    def task_late():
        return {"file_dep": ["more"], "targets": ["lately"], "actions": [copy]}

    def task_user():
        return {"file_dep": ["lately"], "task_dep": ["late"], "targets": ["used"],
                "actions": [copy]}
"""


def test_a_plan_knows_what_a_late_task_makes_that_takes_the_place_of_its_creator(
    project: Project,
) -> None:
    project.dodo(SINGLE)
    for name in ("raw", "more"):
        project.write(name, name)
    project.doit()
    project.write("more", "much more")
    said = project.doit("run", "--dry-run").out
    assert "run      late  input changed: more" in said
    assert "maybe    user  waits for late" in said
    assert "2 built, 1 up to date" in project.doit()
    assert project.read("used") == "much more"


CREATES = """
    from doit import create_after

    def task_early():
        return {"actions": [(note, ["early"])]}

    @create_after(executed="early", creates=["build", "send"])
    def task_later():
        note("created")
        yield {"basename": "build", "name": "x", "targets": ["x.txt"], "actions": [make]}
        yield {"basename": "send", "actions": [(note, ["send"])], "task_dep": ["build"]}

    @create_after(creates=["single"])
    def task_of_another_name():
        return {"actions": [(note, ["single"])]}

    @create_after(executed="early", creates=["several"])
    def task_of_yet_another_name():
        for name in "ab":
            yield {"name": name, "actions": [(note, [name])]}

    @create_after(executed="send")
    def task_last():
        return {"actions": [(note, ["last"])]}
"""


def test_creates_names_the_tasks_that_a_creator_will_make(both: SideBySide) -> None:
    both.dodo(CREATES)
    assert both.doit("single") == ["single"]
    assert both.doit("send") == ["early", "created", "send"]
    assert both.doit("build:x") == ["early", "created"]
    assert both.doit("several") == ["early", "a", "b"]
    assert both.doit("several:b") == ["early", "b"]
    assert both.doit("last") == ["early", "created", "send", "last"]
    assert sorted(both.doit()) == ["a", "b", "created", "early", "last", "send", "single"]
    assert "several" in both.same("list", "-q", "--all")
    assert "W several" in both.ours.doit("list", "-s")


def test_auto_delayed_regex_finds_a_target_without_a_regex(both: SideBySide) -> None:
    both.dodo(
        """
        from doit import create_after

        def task_first():
            return {"actions": [(note, ["first"])]}

        @create_after(executed="first")
        def task_some():
            yield {"name": "a", "targets": ["a.txt"], "actions": [make, (note, ["a"])],
                   "uptodate": [False]}
        """
    )
    both.doit("a.txt", code=3)
    assert both.doit("--auto-delayed-regex", "a.txt") == ["first", "a"]
    both.doit("--auto-delayed-regex", "b.txt", code=3)


def test_delayed_creators_take_parameters_of_doits_own_and_of_datamake(project: Project) -> None:
    project.dodo(
        """
        from doit import create_after, task_params

        def task_first():
            return {"actions": [(note, ["first"])]}

        @create_after(executed="first")
        @task_params([{"name": "depth", "default": 1, "type": int, "long": "depth"}])
        def task_old(depth):
            return {"actions": [(note, [f"old-{depth}"])]}

        @create_after(executed="first")
        def task_typed(n: int = 3):
            return {"actions": [(note, [f"typed-{n}"])]}
        """
    )
    project.doit("old", "--depth", "7")
    assert project.ran() == ["first", "old-7"]
    project.doit("typed", "n=4")
    assert project.ran() == ["first", "typed-4"]


def test_a_delayed_task_that_depends_on_a_task_that_another_creator_makes(
    both: SideBySide,
) -> None:
    both.dodo(
        """
        from doit import create_after

        def task_one():
            return {"targets": ["one.txt"], "file_dep": ["in.txt"],
                    "actions": [make, (note, ["one"])]}

        @create_after(executed="one")
        def task_two():
            yield {"name": "x", "file_dep": ["one.txt"], "targets": ["two.txt"],
                   "actions": [make, (note, ["two"])]}

        @create_after(executed="two")
        def task_three():
            return {"file_dep": ["two.txt"], "actions": [(note, ["three"])]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit("three") == ["one", "two", "three"]
    assert both.doit() == []
    both.remove("two.txt")
    assert both.doit() == ["two"]


def test_a_delayed_creator_that_raises_fails_the_run_in_one_line(project: Project) -> None:
    project.dodo(
        """
        from doit import create_after

        def task_first():
            return {"actions": [(note, ["first"])]}

        @create_after(executed="first")
        def task_later():
            raise ValueError("no such luck")
        """
    )
    said = project.doit(code=2)
    assert "the creator of later failed: dodo.py:" in said
    assert "ValueError: no such luck" in said
    assert "Traceback" not in said
    assert project.ran() == ["first"]


# Each names a task that is not there, and that shows only when what comes before it has run.
UNKNOWN = {
    "calculated task": """
        def task_first():
            return {"actions": [lambda: note("first") or {"task_dep": ["gone"]}]}

        def task_second():
            return {"actions": [(note, ["second"])], "calc_dep": ["first"]}
    """,
    "calculated calculation": """
        def task_first():
            return {"actions": [lambda: note("first") or {"calc_dep": ["gone"]}]}

        def task_second():
            return {"actions": [(note, ["second"])], "calc_dep": ["first"]}
    """,
    "late declaration": """
        from doit import create_after

        def task_first():
            return {"actions": [(note, ["first"])]}

        @create_after(executed="first", creates=["second"])
        def task_late():
            yield {"basename": "second", "actions": [(note, ["second"])], "calc_dep": ["gone"]}
    """,
}


@pytest.mark.parametrize("how", UNKNOWN)
def test_a_name_that_turns_out_to_be_of_no_task_is_one_clear_line(
    project: Project, how: str
) -> None:
    project.dodo(UNKNOWN[how])
    said = project.doit(code=2)
    assert said.err == ""
    assert said.out.endswith("\nerror: second needs gone, which is not a task\n"), said.out
    assert project.ran() == ["first"]


def test_an_unknown_calculation_beside_a_late_creator_is_one_clear_line(project: Project) -> None:
    project.dodo("""
        from doit import create_after

        def task_it():
            return {"actions": [(note, ["it"])], "calc_dep": ["gone"]}

        @create_after(executed="it", creates=["late"])
        def task_late():
            return {"basename": "late", "actions": [(note, ["late"])]}
    """)
    said = project.doit(code=2)
    assert "\nerror: it needs gone, which is not a task\n" in said.out
    said = project.doit("run", "--dry-run", code=3)
    assert said.err == "ERROR: it needs gone, which is not a task\n"
    assert project.ran() == []


LATE_POLICY = """
    from doit import create_after

    def task_first():
        return {"actions": [(note, ["first"])]}

    @create_after(executed="first", creates=["late"])
    def task_late():
        return {"basename": "late", "targets": ["late.txt"],
                "actions": ["echo late > %(targets)s"],
                "meta": {"datamake": {SETTING}}}
"""


@pytest.mark.parametrize(
    ("setting", "said_of_it"),
    [
        ('{"retrys": 2}', "has no setting 'retrys': did you mean 'retries'?"),
        ('{"timeout": "soon"}', "timeout"),
        ('"none"', "is no table of settings: 'none'"),
    ],
)
def test_a_wrong_setting_of_a_late_task_is_one_clear_line(
    project: Project, setting: str, said_of_it: str
) -> None:
    project.dodo(LATE_POLICY.replace("{SETTING}", setting))
    said = project.doit(code=2)
    assert said.err == ""
    (line,) = [line for line in said.out.splitlines() if line.startswith("error: ")]
    assert line.startswith('error: meta["datamake"] of late')
    assert said_of_it in line
    assert "Traceback" not in said.out
    assert project.ran() == ["first"]
    assert project.files() == []
    assert not list(project.folder.glob("**/.datamake-*"))
    project.dodo(LATE_POLICY.replace("{SETTING}", '{"retries": 2}'))
    project.doit()
    assert project.read("late.txt") == "late\n"
