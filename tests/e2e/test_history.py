"""`doit history` tells of past runs and attempts, whoever made them and however they ended."""

from __future__ import annotations

import getpass
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap

import pytest

from tests.e2e.bound import as_nobody
from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.terminal import on_a_terminal
from tests.e2e.three import answer, columns, commit, edit, three
from tests.e2e.waiting import dodo, go_on, wait_for_pause

PAUSING = """
    def write(name, targets):
        if os.path.exists("slow"):
            pause(name)
        pathlib.Path(targets[0]).write_text(name)

    def task_one():
        return {"targets": ["one.txt"], "actions": [(write, ["one"])]}

    def task_two():
        return {"file_dep": ["one.txt"], "targets": ["two.txt"], "actions": [(write, ["two"])]}
"""

WHO = f"{getpass.getuser()}@{socket.gethostname()}"


def test_the_last_runs_come_first_with_who_typed_what_and_what_came_of_it(project: Project) -> None:
    three(project)
    assert project.doit("history").out == "nothing was built here yet\n"
    assert not project.exists(".datamake")
    project.doit()
    project.doit()  # nothing to do: nothing to remember
    project.write("raw.txt", "1\nno number\n")
    project.doit(code=2)
    project.write("raw.txt", "4\n")
    project.doit("scaled", "by=3")
    said = project.doit("history").out
    assert said.splitlines()[0].split() == [
        *("run", "when", "took", "outcome", "built", "failed", "who", "parameters", "command")
    ]
    rows = columns(said)
    assert [[row[0], row[3], *row[4:]] for row in rows] == [
        ["3", "done", "2", WHO, "by=3", "doit scaled by=3"],
        ["2", "failed", "0", "1", WHO, "doit"],
        ["1", "done", "3", WHO, "doit"],
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row[1]) for row in rows)
    assert columns(project.doit("history", "-n", "2").out) == rows[:2]
    assert columns(project.doit("history", "--most=0").out) == rows


def test_a_run_is_told_with_its_failures_first(project: Project) -> None:
    three(project)
    edit(project, "str(int(row))", "str(1 // int(row))")
    project.write("raw.txt", "1\n0\n")
    project.write("header.txt", "x\n")
    text = project.read("dodo.py")
    apart = """
        def task_apart():
            return {"targets": ["apart.txt"], "actions": ["echo x > apart.txt"]}
    """
    project.write("dodo.py", text + textwrap.dedent(apart))
    head = commit(project, "first")
    project.doit("-c", code=2)
    said = project.doit("history", "1").out
    about, table, failure = said.split("\n\n", 2)
    assert about.splitlines()[0] == "run 1: failed"
    assert re.search(rf"^  who +{re.escape(WHO)}, pid \d+$", about, re.MULTILINE)
    assert re.search(rf"^  commit +{head}$", about, re.MULTILINE)
    assert re.search(r"^  command +doit -c$", about, re.MULTILINE)
    states = [(row[0], row[2], row[-1]) for row in columns(table)]
    assert states == [("failed", "tidy", "never built"), ("built", "apart", "never built")]
    assert failure.startswith("tidy failed: ZeroDivisionError")
    assert "rows = [str(1 // int(row))" in failure
    shorter = project.doit("history", "1", "-n", "1").out
    assert "built" not in [row[0] for row in columns(shorter.split("\n\n")[1])]
    assert "and 1 more: -n 0 shows all\n" in shorter


def test_the_attempts_at_a_stage(project: Project) -> None:
    three(project)
    project.doit()
    project.doit("by=5")
    edit(project, "FACTOR = 2", "FACTOR = None")
    project.doit("scaled", code=2)
    rows = columns(project.doit("history", "scaled").out)
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("3", "failed", "by=1"),
        ("2", "built", "by=5"),
        ("1", "built", "by=1"),
    ]
    assert rows[0][-1].startswith("TypeError: ")
    assert rows[1][-1] == "argument changed: by 1 → 5"
    assert rows[2][-1] == "never built"
    project.dodo("def task_new():\n    return {'actions': ['true']}\n")
    assert len(columns(project.doit("history", "scaled").out)) == 3  # of a task that is no more
    said = project.doit("history", "new").out
    assert said == "new was not built yet, as far as is remembered\n"


def test_of_a_group_it_tells_the_attempts_at_its_tasks(project: Project) -> None:
    project.dodo(
        """
        def task_parts():
            for name in "ab":
                yield {"name": name, "targets": [f"{name}.txt"],
                       "actions": ["echo > %(targets)s"]}
        """
    )
    project.doit()
    rows = columns(project.doit("history", "parts").out)
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("1", "built", "parts:b"),
        ("1", "built", "parts:a"),
    ]


def test_a_killed_run_shows_as_killed_with_the_stage_that_it_was_building(
    project: Project,
) -> None:
    dodo(project, PAUSING)
    project.doit("one")
    project.write("slow", "")
    project.kill_when((project.folder / "two.started").exists)
    (project.folder / "two.started").unlink()
    (project.folder / "slow").unlink()
    # Nobody has cleared what it left yet, and looking changes nothing.
    for _ in range(2):
        run = answer(project, "history", "2")
        assert (run["state"], run["ended"], run["counts"]) == ("killed", None, {})
        assert [found["stage"] for found in run["underway"]] == ["two"]
        assert run["attempts"] == []
    assert ["interrupted", "two"] in columns(project.doit("history", "2").out.split("\n\n")[1])

    project.doit()
    run = answer(project, "history", "2")
    assert (run["state"], run["counts"], run["underway"]) == ("killed", {"interrupted": 1}, [])
    (attempt,) = run["attempts"]
    assert (attempt["stage"], attempt["state"]) == ("two", "interrupted")
    assert attempt["failure"].endswith("killed, or the machine went down")
    outcomes = [(row[0], row[2]) for row in columns(project.doit("history").out)]
    assert outcomes[1] == ("2", "killed")  # of which nobody knows how long it took
    rows = columns(project.doit("history", "two").out)
    assert rows[0][0] == "3"
    assert rows[1][2:] == ["interrupted", attempt["failure"]]
    assert len(rows) == 2


def test_a_run_that_a_person_stopped_shows_as_stopped(project: Project) -> None:
    dodo(project, PAUSING)
    project.write("slow", "")
    process = project.start()
    wait_for_pause(project, "one")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_SECONDS)
    run = answer(project, "history", "1")
    assert (run["state"], run["counts"], run["underway"]) == ("stopped", {"interrupted": 1}, [])
    (attempt,) = run["attempts"]
    assert (attempt["stage"], attempt["state"]) == ("one", "interrupted")
    assert attempt["seconds"] > 0
    assert attempt["reasons"] == ["never built"]


def test_a_run_that_goes_on_shows_what_it_is_building(project: Project) -> None:
    dodo(project, PAUSING)
    project.doit("one")
    project.write("slow", "")
    process = project.start()
    wait_for_pause(project, "two")
    assert columns(project.doit("history").out)[0][2] == "running"
    said = project.doit("history", "2").out
    assert said.startswith("run 2: running\n")
    assert columns(said.split("\n\n")[1]) == [["building", "two"]]
    go_on(project, "two")
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, (out, err)
    assert columns(project.doit("history").out)[0][3] == "done"


def test_a_table_fits_a_terminal_and_is_whole_in_a_pipe(project: Project) -> None:
    three(project)
    project.doit("run", "--verbosity=0", "--failure-verbosity=0", "total", "by=2")
    lines = on_a_terminal(project.folder, "history").splitlines()
    assert max(map(len, lines)) <= 80
    assert any("…" in line for line in lines)
    whole = project.doit("history").out
    assert "doit run --verbosity=0 --failure-verbosity=0 total by=2" in whole
    assert "…" not in whole
    for name in ("1", "total"):
        shown = on_a_terminal(project.folder, "history", name)
        assert max(map(len, shown.splitlines())) <= 80


def test_commit_and_parameters_stand_in_80_columns(project: Project) -> None:
    three(project)
    head = commit(project, "first")
    project.doit("run", "-c", "--verbosity=0", "total", "by=2")
    edit(project, "FACTOR = 2", "FACTOR = None")
    project.doit("by=3", code=2)
    lines = on_a_terminal(project.folder, "history").splitlines()
    assert max(map(len, lines)) <= 80
    rows = columns("\n".join(lines))
    assert [(row[0], row[3]) for row in rows] == [("2", "failed"), ("1", "done")]
    assert all(any(len(cell) >= 7 and head.startswith(cell) for cell in row) for row in rows)
    assert ["by=3" in rows[0], "by=2" in rows[1]] == [True, True]
    attempts = columns(project.doit("history", "scaled").out)
    assert [row[4] for row in attempts] == [head[:12]] * 2
    runs = answer(project, "history")["runs"]
    assert [run["parameters"] for run in runs] == ["by=3", "by=2"]


def test_who_reads_the_first_lines_only_hears_nothing_else(project: Project) -> None:
    three(project)
    project.doit()
    for words in ("history", "history total.txt", "diff 1 1", "list"):
        command = f"exec 3>&1; {{ {sys.executable} -m doit {words}; echo $? >&3; }} | true"
        said = subprocess.run(
            ["bash", "-c", command], cwd=project.folder, capture_output=True, text=True, check=True
        )
        assert (said.stdout, said.stderr) == ("0\n", "")
    with open("/dev/full", "w") as full:
        command = f"{sys.executable} -m doit history"
        lost = subprocess.run(
            ["bash", "-c", command], cwd=project.folder, stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert lost.returncode == 3
    assert "the answer could not be written to its end" in lost.stderr


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["history", "scald"], "did you mean 'scaled'?"),
        (["history", "data/scale.txt"], "did you mean 'data/scaled.txt'?"),
        (["history", "9"], "there is no run 9: the last one is 1"),
        (["history", "1", "2"], "takes one run, task or file"),
        (["history", "-n", "-1"], "-n -1 is no number of runs"),
        (["diff", "9", "1"], "there is no run 9: the last one is 1"),
        (["diff", "scaled"], "there is no run scaled"),
        (["diff", "1", "1", "1"], "type `doit diff RUN RUN`"),
        (["diff"], "run 1 is the first one"),
    ],
)
def test_wrong_words_are_told_in_one_line(project: Project, typed: list[str], words: str) -> None:
    three(project)
    project.doit()
    said = project.doit(*typed, code=3)
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_a_file_whose_name_is_a_number_is_found_behind_the_runs(project: Project) -> None:
    project.dodo(
        """
        def task_a():
            return {"targets": ["7"], "actions": ["echo x > %(targets)s"]}
        """
    )
    project.doit()
    assert project.doit("history", "7").out.startswith("7  2 B  ")
    assert project.doit("history", "./7").out.startswith("7  2 B  ")


def test_a_secret_that_was_typed_is_nowhere(project: Project) -> None:
    project.write("raw.txt", "x")
    project.dodo(
        """
        def fetch(targets, api_key):
            pathlib.Path(targets[0]).write_text("fetched")

        def task_fetch(api_key: str = "nothing", size: int = 3):
            return {"file_dep": ["raw.txt"], "targets": ["a.txt"],
                    "actions": [(fetch, [], {"api_key": api_key})]}
        """
    )
    project.doit("fetch", "api_key=s3cr3t-w0rd", "size=4")
    project.doit("fetch", "api_key=another-w0rd")
    told = [
        project.doit(*words).out
        for words in (["history"], ["history", "1"], ["history", "fetch"], ["history", "a.txt"],
                      ["diff", "1", "2"], ["history", "1", "--json"], ["diff", "--json"])
    ]  # fmt: skip
    assert "doit fetch 'api_key=(hidden)' size=4" in told[0]
    assert "argument changed: api_key (hidden, blake3 " in told[4]
    kept = b"".join(p.read_bytes() for p in (project.folder / ".datamake").glob("store.sqlite*"))
    for secret in ("s3cr3t-w0rd", "another-w0rd"):
        assert not any(secret in text for text in told)
        assert secret.encode() not in kept


def test_who_may_only_read_the_project_looks_back_too(anyones: Project) -> None:
    three(anyones)
    anyones.doit()
    for path in (anyones.folder, *anyones.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: os.stat(path).st_mtime_ns for path in anyones.folder.rglob("*")}
    for words in (["history"], ["history", "1"], ["history", "total.txt"], ["diff", "1", "1"]):
        said = as_nobody(anyones, *words)
        assert (said.returncode, said.stderr) == (0, "")
        assert "run" in said.stdout
    assert {path: os.stat(path).st_mtime_ns for path in anyones.folder.rglob("*")} == before
