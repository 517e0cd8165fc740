"""What a command reads and writes without having declared it is heard, where that is asked for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.test_audit import notes
from tests.e2e.test_interrupted import leases, left_behind
from tests.e2e.test_retries import project_says
from tests.e2e.waiting import staging_folders

# `squares` reads what `numbers` makes, and a file by hand, and writes one more than it declares.
DODO = """
    def task_numbers():
        return {"targets": ["data/numbers.txt"], "actions": ["seq 3 > %(targets)s"]}

    def task_squares():
        return {
            "file_dep": ["turn"],
            "targets": ["data/squares.txt"],
            "actions": [
                "cat turn data/numbers.txt | sort > %(targets)s",
                "cd data && cat lookup.csv > half && mv half extra.txt",
            ],
            "task_dep": ["numbers"],
            "meta": {"datamake": POLICY},
        }
"""

SAID = [
    "wrote data/extra.txt, which it does not declare",
    "read data/numbers.txt, which it does not declare and numbers makes",
    "read data/lookup.csv, which it does not declare",
]


def audited(project: Project, policy: str = '{"audit_commands": "warn"}', text: str = DODO) -> None:
    project.write("turn", "0\n")
    project.write("data/lookup.csv", "a\n")
    project.dodo(text.replace("POLICY", policy))


def test_it_is_said_below_the_stage(project: Project) -> None:
    audited(project)
    assert notes(project.doit().out) == [f"squares {words}" for words in SAID]
    assert project.read("data/squares.txt") == "0\n1\n2\n3\n"
    assert staging_folders(project.folder) == []
    assert sorted(os.listdir(project.folder / ".datamake")) == [
        ".gitignore",
        "logs",
        "running",
        "store.sqlite",
    ]
    assert notes(project.doit().out) == []


def test_an_error_leaves_the_target_as_it_was(project: Project) -> None:
    audited(project)
    project.doit()
    audited(project, '{"audit_commands": "error"}')
    project.write("turn", "5\n")
    said = project.doit(code=1)
    assert f"\nsquares failed: {'; '.join(f'it {words}' for words in SAID)}\n" in said.out
    assert project.read("data/squares.txt") == "0\n1\n2\n3\n"


def test_it_is_off_unless_the_project_or_a_stage_asks_for_it(project: Project) -> None:
    audited(project, "{}")
    assert notes(project.doit().out) == []
    project_says(project, 'audit_commands = "warn"')
    assert len(notes(project.doit("-a").out)) == len(SAID)
    audited(project, '{"audit_commands": "off"}')
    assert notes(project.doit("-a").out) == []


def test_what_is_declared_in_whatever_way_is_not_spoken_of(project: Project) -> None:
    """Folders, targets in place, links, what is gone again or hidden or outside, other actions."""
    (project.folder / "elsewhere").mkdir()
    (project.folder / "link").symlink_to("elsewhere")
    project.write("elsewhere/in.txt", "in")
    project.write("tool.py", "print(open('turn').read())")
    audited(
        project,
        text="""
        def writes():
            pathlib.Path("elsewhere/scratch").write_text("by Python")

        COMMANDS = [
            "cd link && cat in.txt > /dev/null",
            "cat link/in.txt turn > /dev/null",
            ["cp", "turn", "data/staged.txt"],
            "mkdir data/folder; cp turn data/folder/part; cat data/folder/part",
            "echo a > scratch; cat scratch; rm scratch; echo b > .hidden; cat /etc/passwd",
            "echo whole > data/place.txt",
            "python3 tool.py",
            writes,
            "cat elsewhere/scratch",
        ]

        def task_fine():
            return {"file_dep": ["turn", "link/in.txt", "tool.py"], "actions": COMMANDS,
                    "targets": ["data/staged.txt", "data/folder", "data/place.txt"],
                    "meta": {"datamake": POLICY}}
        """,
    )
    said = project.doit()
    assert notes(said.out) == ["fine wrote elsewhere/scratch, which it does not declare"]


def test_odd_names_and_ways_are_said(project: Project) -> None:
    audited(
        project,
        text=r"""
        from doit.action import CmdAction
        COMMANDS = [
            ["cp", "odd \"na'me", "data/a.txt"],
            CmdAction("cat inner > /dev/null", cwd="sub"),
            "cat non*text > /dev/null",
            "(cd sub; sh -c 'exec cat deep') | cat > /dev/null",
        ]

        def task_odd():
            return {"targets": ["data/a.txt"], "actions": COMMANDS, "meta": {"datamake": POLICY}}
        """,
    )
    for name in ("odd \"na'me", "sub/inner", "sub/deep"):
        project.write(name, "x")
    Path(os.fsdecode(os.fsencode(project.folder) + b"/non\xfftext")).write_text("x")
    assert notes(project.doit().out) == [
        f"odd read {name}, which it does not declare"
        for name in ("odd \"na'me", r"non\udcfftext", "sub/inner", "sub/deep")
    ]


def test_commands_end_as_they_do_unheard(project: Project) -> None:
    commands = ["exit 3", "kill -9 $$", "false | cat > %(targets)s", "nosuch", "cat missing"]
    told = []
    for policy in ("off", "error"):
        audited(
            project,
            f'{{"audit_commands": "{policy}"}}',
            f"""
            def task_all():
                for number, command in enumerate({commands!r}):
                    yield {{"name": str(number), "targets": [f"{{number}}.txt"],
                           "actions": [command], "meta": {{"datamake": POLICY}}}}
            """,
        )
        out = project.doit("-c", code=2).out
        told.append([line for line in out.splitlines() if " failed: " in line])
    assert told[0] == told[1]
    assert len(told[0]) == len(commands)


ENDLESS = """
    def task_endless():
        return {"targets": ["a.txt"], "meta": {"datamake": POLICY}, "actions": [
            "{ setsid sleep 1000 & touch begun; sleep 1000 | cat; } > %(targets)s"]}
"""


def programs(project: Project) -> set[bytes]:
    """Return the names of the programs that attempts run now."""
    names = set()
    for process in left_behind(project):
        with suppress(OSError):  # gone meanwhile
            names.add(Path(f"/proc/{process}/comm").read_bytes().strip())
    return names


def test_it_is_waited_for_what_a_command_leaves_in_the_background(project: Project) -> None:
    audited(
        project,
        text="""
        def task_late():
            return {"targets": ["a.txt"], "meta": {"datamake": POLICY}, "actions": [
                "(sleep 0.5; cat data/lookup.csv) > /dev/null 2>&1 & echo a > %(targets)s"]}
        """,
    )
    assert notes(project.doit().out) == ["late read data/lookup.csv, which it does not declare"]
    assert left_behind(project) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("whole_group", [False, True])
def test_a_signal_leaves_no_process(
    project: Project, number: signal.Signals, whole_group: bool
) -> None:
    audited(project, text=ENDLESS)
    process = project.start()
    wait_until((project.folder / "begun").exists)
    wait_until(lambda: b"strace" in programs(project))
    if whole_group:  # as a terminal does
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert out.startswith("stopped  endless\n")
    assert process.returncode == 128 + number
    assert left_behind(project) == []
    assert leases(project) == 0
    assert staging_folders(project.folder) == []


def test_a_time_limit_leaves_no_process(project: Project) -> None:
    audited(project, '{"audit_commands": "warn", "timeout": 1.0}', ENDLESS)
    said = project.doit(code=1)
    assert "endless failed: it took longer than its time limit of 1" in said.out
    assert left_behind(project) == []


# Where it can't be done -----------------------------------------------------------------------


@pytest.fixture
def without_strace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH that has what the commands here need, and no strace."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("bash", "sh", "cat", "sort", "seq", "mv", "touch", "python3"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


def test_without_strace_it_is_said_once_and_goes_on(project: Project, without_strace: str) -> None:
    project_says(project, 'audit_commands = "warn"')
    audited(project, "{}")
    said = project.doit(PATH=without_strace)
    assert said.err.startswith("commands are not audited: strace is not installed (`apt install")
    assert len(said.err.splitlines()) == 1
    assert "2 built" in said.out
    assert notes(said.out) == []


def test_without_strace_a_stage_that_insists_is_not_begun(
    project: Project, without_strace: str
) -> None:
    policy = '{"audit_commands": "error", "retries": 3, "retry_delay": 1000}'
    audited(project, policy)
    said = project.doit(code=1, PATH=without_strace)
    assert "\nsquares failed: its commands can't be audited: strace is not installed" in said.out
    assert not project.exists("data/squares.txt")
    assert not project.exists("data/extra.txt")


def test_where_tracing_is_not_permitted_it_is_said(project: Project) -> None:
    """As it is for a doit that is traced itself: a process has one tracer."""
    audited(project)
    strace = ["strace", "-f", "-o", os.devnull, "-e", "trace=none", "-e", "signal=none"]
    ran = subprocess.run(
        [*strace, sys.executable, "-m", "doit"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert ran.returncode == 0
    assert ran.stderr.startswith("commands are not audited: strace may not trace here (")
    assert "Operation not permitted; a container needs `--cap-add=SYS_PTRACE`)\n" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert "2 built" in ran.stdout


def test_a_script_that_a_command_runs_is_a_file_that_it_reads(project: Project) -> None:
    """Of a command only the text counts, so an edit of the script is seen where it is declared."""
    project.write("tool.py", "import part\nprint(part.ONE)\n")
    project.write("part.py", "ONE = 1\n")
    script = """
        def task_one():
            return {
                "file_dep": [DECLARED],
                "targets": ["one.txt"],
                "actions": ["python3 tool.py > %(targets)s"],
                "meta": {"datamake": {"audit_commands": "warn"}},
            }
    """
    project.dodo(script.replace("DECLARED", '"tool.py"'))
    assert notes(project.doit().out) == ["one read part.py, which it does not declare"]
    project.dodo(script.replace("DECLARED", '"tool.py", "part.py"'))
    assert notes(project.doit().out) == []
    project.write("part.py", "ONE = 10 + 10\n")
    project.doit()
    assert project.read("one.txt") == "20\n"
