"""Each attempt leaves a log, which `doit log` shows, also while it grows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, go_on, wait_for_pause

DODO = """
    def make(targets):
        print("making", targets[0].split("/")[-1])
        print("careful", file=sys.stderr)
        if os.path.exists("fail"):
            raise ValueError("no good")
        if os.path.exists("wait"):
            pause("making")
        pathlib.Path(targets[0]).write_text("made")

    def task_squares(n: int = 10):
        return {"targets": [f"squares_{n}.txt"], "actions": [make, "echo from a command"]}

    def task_parts():
        for name in ("one", "two/2"):
            yield {"name": name, "targets": [name.replace("/", "-")], "actions": [make]}
"""


@pytest.fixture
def squares(project: Project) -> Project:
    dodo(project, DODO)
    return project


def logs(project: Project) -> list[str]:
    folder = project.folder / ".datamake" / "logs"
    return sorted(os.listdir(folder)) if folder.exists() else []


def output(text: str) -> list[str]:
    """Return the lines of a log that an action wrote."""
    return [line for line in text.splitlines() if not line.startswith("# ")]


def test_a_log_says_what_was_typed_printed_and_made(squares: Project) -> None:
    squares.doit("squares", "n=20")
    [name] = logs(squares)
    assert re.fullmatch(r"squares_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_n20\.log", name)
    said = squares.doit("log", "squares").out
    assert said == squares.read(f".datamake/logs/{name}")
    assert output(said) == ["  making squares_20.txt", "! careful", "  from a command"]
    lines = said.splitlines()
    assert lines[:4] == [
        "# stage: squares",
        "# parameters: n=20",
        "# command: doit squares n=20",
        "# run: 1, attempt 1 of 1",
    ]
    assert re.fullmatch(r"# target: squares_20.txt  4 bytes  blake3 [0-9a-f]{64}  \S+", lines[-2])
    assert lines[-1].startswith("# built in ")


def test_the_last_one_is_shown_or_the_last_with_a_value_or_that_failed(squares: Project) -> None:
    squares.doit("squares", "n=20")
    squares.doit("squares")
    squares.write("fail", "")
    squares.doit("squares", "n=30", code=2)
    (squares.folder / "fail").unlink()
    squares.doit("squares", "n=30")
    assert "making squares_30.txt" in squares.doit("log", "squares")
    assert "making squares_20.txt" in squares.doit("log", "squares", "n=20")
    assert "making squares_10.txt" in squares.doit("log", "squares_10.txt")
    failed = squares.doit("log", "squares", "--failed").out
    assert "# ValueError: no good\n# dodo.py:" in failed
    assert '#     raise ValueError("no good")\n' in failed
    assert failed.splitlines()[-1].startswith("# failed in ")
    assert squares.doit("log", "--failed").out == failed
    listed = squares.doit("log").out.splitlines()
    states = [line.split()[2:] for line in listed]
    assert states == [
        ["built", "squares", "n=30"],
        ["failed", "squares", "n=30"],
        ["built", "squares", "n=10"],
        ["built", "squares", "n=20"],
    ]
    assert squares.doit("log", "--list", "squares", "n=30").out.splitlines() == listed[:2]


def test_a_failure_names_its_log(squares: Project) -> None:
    squares.write("fail", "")
    said = squares.doit("squares", code=2)
    [name] = logs(squares)
    assert f"  log: .datamake/logs/{name}\n" in said.out


def test_each_attempt_of_a_stage_that_is_tried_again_has_one(project: Project) -> None:
    project.dodo("""
        def make(targets):
            note("ran")
            count = len(pathlib.Path("ran.log").read_text().split())
            print("attempt", count)
            assert count > 2
            open(targets[0], "w").close()

        def task_flaky():
            return {"targets": ["t"], "actions": [make],
                    "meta": {"datamake": {"retries": 2, "retry_delay": 0}}}
    """)
    project.doit()
    listed = project.doit("log", "--list").out
    assert [line.split()[2] for line in listed.splitlines()] == ["built", "failed", "failed"]
    last = project.doit("log", "flaky").out
    assert "# run: 1, attempt 3 of 3\n" in last
    assert output(last) == ["  attempt 3"]


def test_sub_tasks_are_found_by_name_group_and_pattern(squares: Project) -> None:
    squares.doit("parts:one")
    squares.doit("parts:two/2")
    assert "making one" in squares.doit("log", "parts:one")
    assert "making two-2" in squares.doit("log", "parts:two/2")
    assert "making two-2" in squares.doit("log", "parts")
    assert "making one" in squares.doit("log", "parts:o*")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["squars"], "did you mean 'squares'?"),
        (["parts"], "parts has no log: it was not attempted"),
        (["one"], "who makes one has no log"),
        (["squares", "n=99"], "there is no log of squares n=99"),
        (["squares", "--failed"], "there is no log of a failed attempt at squares"),
        (["--follow"], "nothing is running"),
        (["squares", "parts"], "one task at a time"),
    ],
)
def test_what_is_not_there_is_said(squares: Project, typed: list[str], said: str) -> None:
    squares.doit("squares")
    assert said in squares.doit("log", *typed, code=3)


def test_without_any_log_that_is_said(squares: Project) -> None:
    assert squares.doit("log").err == "there are no logs\n"
    assert not squares.exists(".datamake/store.sqlite")


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-n", "2", "-P", "thread")])
def test_a_running_attempt_is_followed_to_its_end(squares: Project, options: tuple[str]) -> None:
    squares.write("wait", "")
    run = squares.start(*options, "squares")
    wait_for_pause(squares, "making")
    now = squares.doit("log", "squares")
    assert output(now.out) == ["  making squares_10.txt", "! careful"]
    assert "running in process" in now.err
    assert squares.doit("log").out.split()[2] == "running"
    following = [squares.start("log", "-f", *names) for names in ([], ["squares"])]
    for follower in following:
        assert follower.stdout is not None
        while "careful" not in follower.stdout.readline():
            pass
    go_on(squares, "making")
    for follower in following:
        out, err = follower.communicate(timeout=DEADLINE_SECONDS)
        assert out.splitlines()[0] == "  from a command"
        assert out.splitlines()[-1].startswith("# built in ")
        assert (follower.returncode, err) == (0, "")
    assert run.wait(DEADLINE_SECONDS) == 0
    run.communicate()


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_after_a_kill_the_log_stays_and_is_said_to_be_cut(
    squares: Project, options: tuple[str]
) -> None:
    squares.write("wait", "")
    started = squares.folder / "making.started"
    squares.kill_when(started.exists, *options, "squares")
    said = squares.doit("log", "squares")
    assert output(said.out) == ["  making squares_10.txt", "! careful"]
    assert re.search(r"cut: process \d+ on \S+ ended without a word", said.err)
    assert squares.doit("log", "-f", "squares").out == said.out
    assert squares.doit("log", "--failed").out == said.out


def test_a_stopped_attempt_says_that_it_was_interrupted(squares: Project) -> None:
    squares.write("wait", "")
    run = squares.start("squares")
    wait_for_pause(squares, "making")
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=DEADLINE_SECONDS)
    assert squares.doit("log", "squares").out.splitlines()[-1].startswith("# interrupted in ")


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_bypasses_python_is_in_it_too_and_shown(project: Project, options: tuple[str]) -> None:
    project.dodo("""
        import subprocess

        def make(targets):
            print("one")
            os.system("echo two; echo three >&2")
            os.write(1, b"four\\n")
            print("five")
            open(targets[0], "w").close()

        def task_direct():
            return {"targets": ["t"], "actions": [make]}
    """)
    said = project.doit(*options)
    got = output(project.doit("log", "direct").out)
    assert got == ["  one", "  two", "  four", "! three", "  five"]
    assert said.out.startswith("two\nfour\nbuilt")
    assert said.err == "three\n"


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_it_is_in_it_while_the_program_runs(project: Project, options: tuple[str]) -> None:
    dodo(
        project,
        """
        import subprocess

        def make(targets):
            subprocess.run("echo begun; touch a.started; until [ -e a.go ]; do sleep 0.01; done",
                           shell=True, check=True)
            open(targets[0], "w").close()

        def task_program():
            return {"targets": ["t"], "actions": [make]}
        """,
    )
    run = project.start(*options)
    wait_for_pause(project, "a")
    follower = project.start("log", "-f")
    assert follower.stdout is not None
    while "  begun" not in follower.stdout.readline():
        assert run.poll() is None
    go_on(project, "a")
    assert run.communicate(timeout=DEADLINE_SECONDS)[1] == ""
    follower.communicate(timeout=DEADLINE_SECONDS)
    assert (run.returncode, follower.returncode) == (0, 0)


@pytest.mark.parametrize(
    "ending",
    [
        "raise ValueError",
        "raise KeyboardInterrupt",
        "sys.exit(7)",
        "os._exit(7)",
        "os.close(1); os.close(2); raise ValueError",
        "time.sleep(60)",
        "os.kill(os.getpid(), 15)",
    ],
)
def test_however_an_action_ends_the_run_goes_on_to_write_where_it_did(
    project: Project, ending: str
) -> None:
    project.dodo(f"""
        def make():
            os.system("echo from a child")
            {ending}

        def task_direct():
            return {{"actions": [make], "meta": {{"datamake": {{"timeout": 0.5}}}}}}
    """)
    said = project.doit(code=None)
    assert said.code != 0
    assert output(project.doit("log", "direct").out) == ["  from a child"]
    assert said.out.startswith("from a child\n")
    assert ("stopped  direct" if said.code > 128 else "direct failed: ") in said.out
    assert said.code <= 128 or "stopped by" in said.err


def test_what_asks_not_to_be_captured_has_the_outputs_of_the_run(project: Project) -> None:
    project.dodo(
        """
        from doit.tools import Interactive, PythonInteractive

        def make():
            os.system("echo said; [ /dev/fd/1 -ef same ] && echo there")

        def task_it():
            return {"actions": [make], "io": {"capture": False}}

        def task_loud():
            return {"actions": [make], "verbosity": 2}

        def task_asks():
            return {"actions": [Interactive("echo said; [ /dev/fd/1 -ef same ] && echo there"),
                                PythonInteractive(make)]}
    """.replace("PythonInteractive", "PythonInteractiveAction")
    )
    with open(project.folder / "same", "wb") as same:
        process = subprocess.run(
            [sys.executable, "-m", "doit"], cwd=project.folder, stdout=same, check=True
        )
    assert process.returncode == 0
    assert project.read("same").splitlines().count("there") == 4
    for stage in ("it", "loud", "asks"):
        assert output(project.doit("log", stage).out) == []


def test_no_stage_is_blamed_for_where_its_output_is_held(project: Project) -> None:
    project.dodo("""
        def make(targets):
            os.system("echo from a child")
            open(targets[0], "w").close()

        def task_direct():
            return {"targets": ["t"], "actions": [make]}
    """)
    (project.folder / "tmp").mkdir()
    said = project.doit(TMPDIR=str(project.folder / "tmp"))
    assert said.out.startswith("from a child\nbuilt    direct")
    assert "does not declare" not in said
    assert os.listdir(project.folder / "tmp") == []


def test_the_last_words_of_a_python_that_crashes_are_not_lost(project: Project) -> None:
    project.dodo("""
        def crash():
            os.kill(os.getpid(), 11)

        def task_it():
            return {"actions": [crash]}
    """)
    said = project.doit(code=-signal.SIGSEGV, PYTHONFAULTHANDLER="1")
    assert "Fatal Python error: Segmentation fault" in said.err
    assert "in crash" in said.err


def test_no_secret_reaches_a_log(project: Project) -> None:
    project.dodo("""
        def make(targets, login):
            print("abc" + "def", end="")
            raise ValueError("with abcdef and " + login)

        def task_load(login_token: str = "none"):
            return {"targets": ["t"],
                    "actions": ["echo $DB_PASSWORD", (make, [], {"login": "x"})]}
    """)
    for options in ([], ["-n", "2"]):
        project.doit(*options, "login_token=s3cret-word", code=2, DB_PASSWORD="abcdef")
    for name in logs(project):
        text = project.read(f".datamake/logs/{name}")
        assert re.fullmatch(r"load_[\dT-]+_login_token-hidden-(~\d+)?\.log", name)
        assert "abcdef" not in text
        assert "s3cret" not in name + text
        assert output(text) == ["  $DB_PASSWORD"] * 2
        assert "# ValueError: with $DB_PASSWORD and x\n" in text
    assert len(logs(project)) == 2


def test_old_logs_are_removed_at_the_end_of_a_run(squares: Project) -> None:
    with open(squares.folder / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("[tool.datamake]\nlogs_keep = 2\nlogs_days = 30\n")
    folder = squares.folder / ".datamake" / "logs"
    folder.mkdir(parents=True)
    (folder / "squares_2020-01-01T00-00-00.log").touch()
    (folder / "README").touch()
    for n in range(3):
        squares.doit("squares", f"n={n}")
    assert [name.rpartition("_")[2] for name in logs(squares)] == ["README", "n1.log", "n2.log"]
    squares.doit("squares", "n=0")
    assert len(logs(squares)) == 3, "nothing was attempted, nothing is removed"


def test_logs_can_be_switched_off_and_bounded_for_all_and_for_one(project: Project) -> None:
    with open(project.folder / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("[tool.datamake]\nlogs = false\n")
    project.dodo("""
        def make(targets):
            for number in range(20_000):
                print("line", number)
            open(targets[0], "w").close()

        def task_off():
            return {"targets": ["off"], "actions": [make]}

        def task_on():
            return {"targets": ["on"], "actions": [make],
                    "meta": {"datamake": {"logs": True, "logs_size": "1 kB"}}}
    """)
    project.doit()
    [name] = logs(project)
    assert name.startswith("on_")
    said = project.doit("log", "on").out
    assert re.search(r"\n# \d+ kB left out here: logs_size is 1.0 kB\n", said)
    assert output(said)[-1] == "  line 19999"


def test_clean_and_forget_leave_logs_and_no_stage_is_blamed_for_them(squares: Project) -> None:
    said = squares.doit("squares")
    assert "does not declare" not in said
    before = logs(squares)
    squares.doit("clean", "--orphans")
    squares.doit("forget", "squares")
    assert logs(squares) == before
    assert output(squares.doit("log", "squares").out)


def test_a_folder_that_can_not_be_written_keeps_no_stage_from_being_built(
    squares: Project,
) -> None:
    squares.write(".datamake/logs", "a file in its way")
    said = squares.doit("parts")
    assert said.err.count("logs can't be written") == 1
    assert "2 built" in said.out
    assert squares.doit("log").err == "there are no logs\n"


def test_a_reader_that_goes_away_ends_the_command_quietly(project: Project) -> None:
    project.dodo("""
        def task_long():
            return {"targets": ["t"], "actions": ["seq 200000", "touch %(targets)s"]}
    """)
    project.doit()
    reading = project.start("log", "long")
    assert reading.stdout is not None
    reading.stdout.readline()
    reading.stdout.close()
    assert reading.stderr is not None
    assert reading.stderr.read() == ""
    assert reading.wait(DEADLINE_SECONDS) == 0
    reading.stderr.close()


def test_a_reader_needs_no_right_to_write(
    squares: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    squares.doit("squares")
    before = {path: path.stat().st_mtime_ns for path in (squares.folder / ".datamake").rglob("*")}
    squares.doit("log", "squares")
    after = {path: path.stat().st_mtime_ns for path in (squares.folder / ".datamake").rglob("*")}
    assert after == before


def test_a_log_larger_than_the_memory_allowed_is_shown(squares: Project) -> None:
    squares.doit("squares")
    [name] = logs(squares)
    path = squares.folder / ".datamake" / "logs" / name
    head, foot = path.read_text().split("  making", 1)[0], path.read_text().splitlines()[-1]
    with path.open("w") as file:
        file.write(head)
        file.truncate(1_000_000_000)
        file.seek(0, os.SEEK_END)
        file.write(f"\n{foot}\n")
    reading = squares.start("log", "squares")
    most, count = 0, 0
    assert reading.stdout is not None
    while text := os.read(reading.stdout.fileno(), 1 << 20):
        count += len(text)
        most = max(most, _resident(reading.pid))
    assert count > 1_000_000_000
    assert most < 200_000_000
    reading.communicate()


def _resident(pid: int) -> int:
    """Return the most memory that a process has used, in bytes; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
