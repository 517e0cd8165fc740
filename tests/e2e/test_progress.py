"""What a run tells while it goes on: progress, output with names, JSON, and forecasts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.e2e import waiting
from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import go_on, wait_for_pause

WAYS = pytest.mark.parametrize(
    "way", [[], ["-n", "2"], ["-n", "2", "-P", "thread"]], ids=["inline", "process", "thread"]
)

DODO = """
    from datamake import track

    def tracked(targets):
        for number in track(range(100), unit="rows"):
            pass
        pathlib.Path(targets[0]).write_text("done")
        note("tracked")

    def injected(targets, progress):
        progress.update(0, total=2000, unit="B")
        progress.update(500)
        time.sleep(0.15)
        progress.update(1500)
        pathlib.Path(targets[0]).write_text("done")
        note("injected")

    def task_tracked():
        return {"actions": [tracked], "targets": ["tracked.txt"]}

    def task_injected():
        return {"actions": [injected], "targets": ["injected.txt"]}
"""


def told(project: Project, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """Return the events of a run, which writes nothing else."""
    said = project.doit("-r", "json", *arguments, code=code)
    return [json.loads(line) for line in said.out.splitlines()]


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


@WAYS
def test_how_far_a_stage_is_arrives_from_wherever_it_runs(project: Project, way: list[str]) -> None:
    project.dodo(DODO)
    progress = named(told(project, *way), "progress")
    ends = {event["stage"]: event for event in progress}
    assert (ends["tracked"]["done"], ends["tracked"]["total"]) == (100, 100)
    assert ends["tracked"]["unit"] == "rows"
    assert (ends["injected"]["done"], ends["injected"]["total"]) == (2000, 2000)
    assert ends["injected"]["unit"] == "B"


@WAYS
def test_it_makes_no_difference_where_nobody_looks(project: Project, way: list[str]) -> None:
    project.dodo(DODO)
    assert "2 built" in project.doit(*way)
    assert sorted(project.ran()) == ["injected", "tracked"]
    assert "2 up to date" in project.doit()
    assert project.ran() == []
    assert "progress" not in project.doit("why", "injected").out


def test_an_argument_of_that_name_stays_the_persons_own(project: Project) -> None:
    project.dodo(
        """
        def given(progress):
            note(f"given-{progress}")

        def defaulted(progress=7):
            note(f"defaulted-{progress}")

        def optional(progress=None):
            progress.update(1)
            note("optional")

        def task_given():
            return {"actions": [(given, ["positional"]), (given, [], {"progress": "named"})]}

        def task_parameter():
            return {"actions": [given], "params": [{"name": "progress", "default": 3}]}

        def task_others():
            return {"actions": [defaulted, optional]}
        """
    )
    project.doit("given", "parameter", "others")
    ran = ["given-positional", "given-named", "given-3", "defaulted-7", "optional"]
    assert project.ran() == ran


def test_processes_that_an_action_starts_itself_add_to_its_progress(project: Project) -> None:
    project.dodo(
        """
        import multiprocessing
        from datamake import track

        def part(progress, count):
            for _ in range(count):
                progress.update()
            progress.say()

        def build(progress):
            context = multiprocessing.get_context("fork")
            progress.update(0, total=60)
            parts = [context.Process(target=part, args=(progress, n)) for n in (10, 20, 30)]
            for each in parts:
                each.start()
            for each in parts:
                each.join()

        def task_it():
            return {"actions": [build]}
        """
    )
    for way in ([], ["-n", "2"]):
        assert named(told(project, *way), "progress")[-1]["done"] == 60


def test_what_is_written_past_python_stands_in_no_line_of_json(project: Project) -> None:
    project.dodo("""
        import subprocess

        def talk():
            print("said")
            subprocess.run("echo from a child; echo warned >&2", shell=True)
            os.write(1, b"raw\\n")

        def task_talk():
            return {"actions": [talk]}
    """)
    said = project.doit("-r", "json", "talk")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["event"] for line in lines][-1] == "run_ended"
    assert [line["text"] for line in lines if line["event"] == "output"] == ["said\n"]
    assert {"from a child", "raw", "warned"} <= set(said.err.splitlines())
    log = project.doit("log", "talk").out
    assert all(f"  {words}\n" in log for words in ("said", "from a child", "raw"))


def test_every_event_of_a_run_is_a_line(project: Project) -> None:
    project.dodo(
        """
        def talk(targets):
            print("said", flush=True)
            print("warned", file=sys.stderr)
            pathlib.Path(targets[0]).write_text("12345")

        def task_good():
            return {"actions": [talk, "echo too"], "targets": ["good.txt"], "file_dep": ["in.txt"]}

        def task_fresh():
            return {"actions": [talk], "targets": ["fresh.txt"], "uptodate": [True]}

        def task_ignored():
            return {"actions": [(note, ["ignored"])]}

        def task_bad():
            def bad():
                print("on the way")
                raise ValueError("no such thing")
            return {"actions": [bad]}

        def task_behind():
            return {"actions": [(note, ["behind"])], "task_dep": ["bad"]}

        def task_group():
            return {"actions": None, "task_dep": ["good"]}
        """
    )
    project.write("in.txt", "1")
    project.doit("ignore", "ignored")
    project.doit("fresh")
    events = told(project, "-c", code=2)
    assert [event["event"] for event in events if "stage" not in event] == [
        "run_begun",
        "run_ended",
    ]
    assert events[0]["event"] == "run_begun"
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    (begun,) = (event for event in named(events, "begun") if event["stage"] == "good")
    assert begun["reasons"] == [{"why": "never built"}]
    output = {(event["stage"], event["stream"], event["text"]) for event in named(events, "output")}
    assert {("good", "stdout", "said\n"), ("good", "stderr", "warned\n")} <= output
    assert ("bad", "stdout", "on the way\n") in output
    (built,) = named(events, "built")
    assert built["outputs"] == [{"path": "good.txt", "size": 5}]
    assert built["seconds"] > 0
    (failed,) = named(events, "failed")
    assert failed["what"] == "ValueError: no such thing"
    assert failed["where"][-1]["line"] == 'raise ValueError("no such thing")'
    assert failed["stdout"] == "on the way\n"
    (not_run,) = named(events, "not_run")
    assert (not_run["stage"], not_run["needs"]) == ("behind", "bad")
    assert named(events, "ignored")[0]["stage"] == "ignored"
    counts = events[-1]["counts"]
    assert counts["fresh"] == 1
    assert (counts["built"], counts["failed"], counts["not_run"], counts["ignored"]) == (1, 1, 1, 1)


def test_with_nothing_to_do_json_says_so(project: Project) -> None:
    project.dodo(DODO)
    project.doit()
    project.doit()
    events = told(project)
    assert [event["event"] for event in events] == ["run_begun", "run_ended"]
    assert events[0]["fresh"] == events[1]["counts"]["fresh"] == 2


def test_whom_a_stage_waits_for_is_an_event(project: Project) -> None:
    waiting.dodo(
        project,
        """
        def build(targets):
            pause("it")
            pathlib.Path(targets[0]).write_text("done")

        def task_it():
            return {"actions": [build], "targets": ["it.txt"]}
        """,
    )
    first = project.start()
    wait_for_pause(project, "it")
    second = project.start("-r", "json")
    assert second.stdout is not None
    lines = iter(second.stdout.readline, "")
    waits = next(event for line in lines if (event := json.loads(line))["event"] == "waiting")
    assert (waits["stage"], waits["pid"]) == ("it", first.pid)
    go_on(project, "it")
    rest = [json.loads(line)["event"] for line in lines]
    assert rest == ["waited", "fresh", "run_ended"]
    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0


# Output with names


@WAYS
def test_verbosity_2_puts_the_stage_before_its_lines_as_they_come(
    project: Project, way: list[str]
) -> None:
    waiting.dodo(
        project,
        """
        def talk():
            print("first")
            print("warned", file=sys.stderr)
            pause("talk")
            print("last", end="")

        def task_talk():
            return {"actions": [talk, "echo command"]}
        """,
    )
    process = project.start("-v", "2", *way)
    assert process.stdout is not None
    assert process.stdout.readline() == "talk: first\n"
    wait_for_pause(project, "talk")
    go_on(project, "talk")
    out, err = process.communicate(timeout=60)
    assert out.splitlines()[0] == "talk: lastcommand"
    assert err == "talk: warned\n"


@pytest.mark.parametrize("way", [[], ["-n", "2"]])
def test_verbosity_2_puts_the_stage_before_lines_past_python_as_they_come(
    project: Project, way: list[str]
) -> None:
    waiting.dodo(
        project,
        """
        import subprocess

        def talk():
            print("said")
            subprocess.run("echo from a child; echo warned >&2", shell=True, check=True)
            os.write(1, b"raw\\n")
            pause("talk")
            os.write(1, b"unfinished")

        def task_talk():
            return {"actions": [talk]}

        def task_silent():
            return {"actions": [lambda: os.write(1, b"not quite\\n") and None], "verbosity": 0}
        """,
    )
    run = project.start(*way, "-v", "2", "talk")
    assert run.stdout is not None
    lines = [run.stdout.readline() for _ in range(3)]
    assert lines == ["talk: said\n", "talk: from a child\n", "talk: raw\n"]
    waiting.go_on(project, "talk")
    out, err = run.communicate(timeout=DEADLINE_SECONDS)
    assert out.startswith("talk: unfinished\nbuilt    talk")
    assert err == "talk: warned\n"
    assert project.doit(*way, "-v", "2", "silent").out.startswith("silent: not quite\n")


def test_many_lines_of_many_stages_are_whole_and_in_order(project: Project) -> None:
    project.dodo(
        """
        def talk(name):
            for number in range(300):
                print(f"{name} says {number}")

        def task_talk():
            for name in "abcd":
                yield {"name": name, "actions": [(talk, [name])]}
        """
    )
    said = project.doit("-v", "2", "-n", "4").out.splitlines()
    for name in "abcd":
        numbers = [line for line in said if line.startswith(f"talk:{name}: ")]
        assert numbers == [f"talk:{name}: {name} says {number}" for number in range(300)]
        assert said.index(numbers[-1]) < next(
            at for at, line in enumerate(said) if line.startswith(f"built    talk:{name} ")
        )


def test_a_name_that_means_something_to_a_terminal_is_escaped(project: Project) -> None:
    project.dodo(
        """
        def task_it():
            yield {"name": "\\x1b[2Jx\\nbuilt  fake", "actions": ["echo hello"]}
        """
    )
    said = project.doit("-v", "2").out
    assert "\x1b" not in said
    assert "it:\\x1b[2Jx\\nbuilt  fake: hello" in said


# Forecasts


def test_a_dry_run_says_how_long_it_is_going_to_take(project: Project) -> None:
    project.dodo(
        """
        def build(targets):
            time.sleep(float(os.environ.get("SECONDS", "0")))
            pathlib.Path(targets[0]).write_text(str(time.time()))

        def task_part():
            for name in ("a", "b"):
                yield {"name": name, "actions": [build], "file_dep": ["in.txt"],
                       "targets": [f"{name}.txt"]}

        def task_join():
            return {"actions": [build], "file_dep": ["a.txt", "b.txt"], "targets": ["join.txt"]}
        """
    )
    project.write("in.txt", "1")
    assert project.doit("run", "--dry-run").out.splitlines()[-1] == "3 would run"
    project.doit(SECONDS="0.5")
    project.write("in.txt", "2")
    *lines, last = project.doit("run", "--dry-run").out.splitlines()
    usual = [re.search(r"\(usually ([\d.]+) s\)$", line) for line in lines]
    seconds = [float(found[1]) for found in usual if found]
    assert len(seconds) == 3 and all(0.5 <= each < 5 for each in seconds)
    span = re.fullmatch(
        r"2 would run, 1 may follow; expected to take ([\d.]+) s to ([\d.]+) s", last
    )
    assert span is not None, last
    assert float(span[1]) == pytest.approx(sum(seconds[:2]), abs=0.1)
    assert float(span[2]) == pytest.approx(sum(seconds), abs=0.2)
    last = project.doit("run", "--dry-run", "-n", "2").out.splitlines()[-1]
    span = re.search(r"expected to take ([\d.]+) s to ([\d.]+) s with -n 2$", last)
    assert span is not None, last
    assert float(span[1]) == pytest.approx(max(seconds[:2]), abs=0.1)
    assert float(span[2]) == pytest.approx(max(seconds[:2]) + seconds[2], abs=0.2)
