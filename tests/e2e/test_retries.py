"""A stage that may be tried again, and one that may not take for ever."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.e2e.conftest import Project
from tests.e2e.test_interrupted import left_behind
from tests.e2e.waiting import staging_folders

# Fails as often as the file `failures` says, and notes when each attempt began.
FLAKY = """
    def attempt(targets):
        with open(".times", "a") as times:
            times.write(f"{time.time()}\\n")
        number = len(pathlib.Path(".times").read_text().splitlines())
        pathlib.Path(targets[0]).write_text("half")
        if number <= int(pathlib.Path("failures").read_text()):
            raise ConnectionError(f"no answer, for time {number}")
        pathlib.Path(targets[0]).write_text("whole")
"""


def flaky(project: Project, failures: int, settings: str, tasks: str = "") -> None:
    project.write("failures", str(failures))
    project.dodo(
        FLAKY
        + f"""
    def task_fetch():
        return {{"targets": ["data/fetched.txt"], "actions": [attempt],
                "meta": {{"datamake": {settings}}}}}
    """
        + tasks
    )


def project_says(project: Project, settings: str) -> None:
    path = project.folder / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n[tool.datamake]\n{settings}\n")


def times(project: Project) -> list[float]:
    return [float(line) for line in project.read(".times").split()]


def test_a_stage_that_fails_twice_and_then_works_is_built(project: Project) -> None:
    flaky(project, 2, '{"retries": 2, "retry_delay": 0.2}')
    said = project.doit()
    first, second = (after - before for before, after in itertools.pairwise(times(project)))
    assert 0.2 <= first < second
    assert second >= 0.4
    lines = said.out.splitlines()
    assert re.fullmatch(r"built    fetch  [\d.]+ s  never built", lines[0])
    assert lines[2:4] == [
        "         attempt 1 of 3 failed (ConnectionError: no answer, for time 1);"
        " again after 0.20 s",
        "         attempt 2 of 3 failed (ConnectionError: no answer, for time 2);"
        " again after 0.40 s",
    ]
    assert "failed" not in lines[-1]
    assert said.err == ""
    assert project.read("data/fetched.txt") == "whole"
    assert not project.exists(".datamake/failed/fetch")
    assert "1 up to date" in project.doit().out


def test_one_that_always_fails_ends_with_the_last_error(project: Project) -> None:
    flaky(project, 9, '{"retries": 2, "retry_delay": 0}')
    said = project.doit(code=2)
    assert len(times(project)) == 3
    assert "attempt 2 of 3 failed (ConnectionError: no answer, for time 2)" in said.out
    report = said.out.partition("\nfetch failed: ")[2]
    assert report.startswith("ConnectionError: no answer, for time 3\n")
    assert report.endswith("  to try again: doit fetch\n")
    assert not project.exists("data")
    assert project.read(".datamake/failed/fetch/data/fetched.txt") == "half"
    assert "last attempt failed" in project.doit("why", "fetch")


def test_without_a_policy_nothing_is_tried_again(project: Project) -> None:
    flaky(project, 1, "{}")
    project.doit(code=2)
    assert len(times(project)) == 1


def test_a_policy_for_all_of_a_project_and_another_for_one_stage(project: Project) -> None:
    project_says(project, 'retries = 1\nretry_delay = "0s"')
    flaky(project, 9, "{}")
    project.doit(code=2)
    assert len(times(project)) == 2
    flaky(project, 9, '{"retries": 0}')
    project.doit(code=2)
    assert len(times(project)) == 3
    flaky(project, 9, '{"retries": 3}')  # the delay is still the project's
    project.doit(code=2)
    assert len(times(project)) == 7


# Each writes a part of its target and takes far too long, unless the file `quick` is there.
SLOW = """
    import subprocess
    quick = os.path.exists("quick")

    def sleep(targets):
        pathlib.Path(targets[0]).write_text("quick" if quick else "half")
        time.sleep(0 if quick else 1000)

    def swallow(targets):
        try:
            sleep(targets)
        except Exception:
            note("swallowed")

    def child(targets):
        pathlib.Path(targets[0]).write_text("quick" if quick else "half")
        subprocess.run(["sleep", "0" if quick else "1000"])

    def busy(targets):
        sleeper = sleep if quick else None
        pathlib.Path(targets[0]).write_text("quick" if quick else "half")
        while not quick:
            pass

    COMMAND = (
        "echo half > %(targets)s; setsid sleep 1000 & sleep 1000 | cat"
        if not quick else "printf quick > %(targets)s"
    )
    ACTIONS = {"sleep": sleep, "swallow": swallow, "child": child, "busy": busy,
               "command": COMMAND}

    def task_all():
        for name, action in ACTIONS.items():
            yield {"basename": name, "targets": [f"data/{name}.txt"], "actions": [action],
                   "uptodate": [False],
                   "meta": {"datamake": {"timeout": 60 if quick else 0.3}}}
"""


def test_what_takes_too_long_is_ended_with_all_that_it_started(project: Project) -> None:
    names = ("sleep", "swallow", "child", "busy", "command")
    project.dodo(SLOW)
    project.write("quick", "")
    project.doit()
    (project.folder / "quick").unlink()
    said = project.doit("-c", code=1)
    for name in names:
        assert f"\n{name} failed: it took longer than its time limit of 0.30 s\n" in said.out
        assert project.read(f"data/{name}.txt") == "quick"
        assert "last attempt failed" in project.doit("why", name)
    assert project.ran() == []
    assert said.err == ""
    assert left_behind(project) == []
    assert staging_folders(project.folder) == []


def test_an_attempt_that_takes_too_long_may_be_tried_again(project: Project) -> None:
    project.dodo("""
        def slow_at_first(targets):
            first = not os.path.exists(".tried")
            pathlib.Path(".tried").touch()
            time.sleep(1000 if first else 0)
            pathlib.Path(targets[0]).write_text("done")

        def task_a():
            return {"targets": ["a.txt"], "actions": [slow_at_first],
                    "meta": {"datamake": {"timeout": "0.3s", "retries": 1, "retry_delay": 0}}}
    """)
    said = project.doit()
    assert "attempt 1 of 2 failed (it took longer than its time limit of 0.30 s)" in said.out
    assert project.read("a.txt") == "done"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('{"retrys": 2}', "has no setting 'retrys': did you mean 'retries'?"),
        ('{"colour": 2}', "has no setting 'colour': known: retries, retry_delay, timeout,"),
        ('{"retries": -1}', "Expected `int` >= 0"),
        ('{"retries": "many"}', "Expected `int`, got `str`"),
        ('{"timeout": "soon"}', "timeout: 'soon' is no duration"),
        ('{"audit": "loud"}', "Invalid enum value 'loud'"),
        ('"off"', "is no table of settings: 'off'"),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(
    project: Project, settings: str, message: str
) -> None:
    first = """
    def task_before():
        return {"targets": ["before.txt"], "actions": ["touch %(targets)s"]}
    """
    flaky(project, 0, settings, first)
    said = project.doit("before", "fetch", code=3)
    assert message in said.err
    assert 'meta["datamake"] of fetch' in said.err
    assert said.err.count("\n") == 1
    assert not project.exists("before.txt")
    assert message in project.doit("run", "--dry-run", code=3).err
    project.doit("before")  # whose own settings are right


def test_wrong_settings_of_the_project_are_refused_too(project: Project) -> None:
    flaky(project, 0, "{}")
    project_says(project, "retrys = 1")
    said = project.doit(code=3)
    assert said.err == (
        "ERROR: [tool.datamake] of pyproject.toml has no setting 'retrys':"
        " did you mean 'retries'?\n"
    )
    assert not project.exists("data")


CHAIN = """
    def write(name, targets):
        note(name)
        if name == os.environ.get("BROKEN"):
            raise ValueError("broken")
        pathlib.Path(targets[0]).write_text(name)

    def stage(name, *needs):
        return {"basename": name, "file_dep": [f"{n}.txt" for n in needs],
                "targets": [f"{name}.txt"], "actions": [(write, [name])]}

    def task_all():
        yield stage("a")
        yield stage("b", "a")
        yield stage("c", "b")
        yield stage("d")
"""


def test_a_run_that_failed_is_taken_up_where_it_broke(project: Project) -> None:
    project.dodo(CHAIN)
    said = project.doit(code=2, BROKEN="b")
    assert project.ran() == ["a", "b"]
    assert "  to try again: doit b\n" in said.out
    project.doit()
    assert project.ran() == ["b", "c", "d"]


def test_c_goes_on_with_what_does_not_need_the_failed_stage(project: Project) -> None:
    project.dodo(CHAIN)
    said = project.doit("-c", code=2, BROKEN="b")
    assert project.ran() == ["a", "b", "d"]
    assert "not run  c  needs b" in said.out
    assert "2 built, 1 failed, 1 not run in" in said.out
    project.doit("-c")
    assert project.ran() == ["b", "c"]


def test_what_hangs_outside_of_python_ends_the_run_and_is_an_interrupted_stage(
    project: Project,
) -> None:
    """No signal is heard inside of C code that runs on and on."""
    project.dodo("""
        import itertools
        import datamake.time_limit
        datamake.time_limit.GRACE_SECONDS = 0.5

        def hangs(targets):
            pathlib.Path(targets[0]).write_text("half")
            if not os.path.exists("well"):
                sum(itertools.repeat(0))

        def task_a():
            return {"targets": ["a.txt"], "actions": [hangs],
                    "meta": {"datamake": {"timeout": 0.2}}}
    """)
    said = project.doit(code=1)
    assert said.err.startswith("Timeout (0:00:00.700000)!\n")
    assert "in hangs" in said.err
    assert not project.exists("a.txt")
    project.write("well", "")
    assert "last attempt was interrupted" in project.doit().out
    assert staging_folders(project.folder) == []


def test_a_limit_holds_where_an_action_catches_all(project: Project) -> None:
    project.dodo("""
        def swallows(targets):
            try:
                time.sleep(1000)
            except BaseException:
                pathlib.Path(targets[0]).write_text("a guess")

        def task_a():
            return {"targets": ["a.txt"], "actions": [swallows],
                    "meta": {"datamake": {"timeout": 0.2}}}
    """)
    assert "a failed: it took longer than its time limit of 0.20 s" in project.doit(code=1).out
    assert not project.exists("a.txt")


def test_an_earlier_run_that_failed_stays_a_reason_for_every_attempt(project: Project) -> None:
    flaky(project, 3, '{"retries": 1, "retry_delay": 0.01}')
    project.doit(code=2)
    built = project.doit().out.splitlines()[0]
    assert re.fullmatch(r"built    fetch  [\d.]+ s  last attempt failed; never built", built)
