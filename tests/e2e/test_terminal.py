"""What a person sees in a terminal: a real one (tmux), resized, interrupted, or too simple."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pexpect
import pytest

from tests.e2e import waiting
from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.waiting import go_on, wait_for_pause

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="there is no tmux: apt install tmux"
)

PROMPT = "ready>"

DODO = """
    def build(targets, name, progress):
        progress.update(30, total=100, unit="rows")
        pause(name)
        pathlib.Path(targets[0]).write_text(name)

    def task_build():
        for name in ("one", "two", "three"):
            yield {"name": f"{name}-{'x' * 50}", "targets": [f"{name}.txt"],
                   "actions": [(build, [], {"name": name})]}
"""


class Terminal:
    """A terminal of 80 columns and 24 lines in tmux, with a shell in a project's folder."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._socket = str(project.folder / "tmux")
        inherited = dict(os.environ)
        for name in ("NO_COLOR", "TMUX", "PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES"):
            inherited.pop(name, None)
        shell = ["env", f"PS1={PROMPT}", "bash", "--norc", "--noprofile"]
        size = ["-x", "80", "-y", "24"]
        folder = str(project.folder)
        self._tmux(
            "-f", os.devnull, "new-session", "-d", "-c", folder, *size, *shell, env=inherited
        )
        wait_until(lambda: PROMPT in self.lines())

    def _tmux(self, *words: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words],
            capture_output=True,
            text=True,
            env=env,
            timeout=DEADLINE_SECONDS,
            check=True,
        )
        return done.stdout

    def type(self, text: str) -> None:
        """Type a line."""
        self._tmux("send-keys", "-l", text)
        self.press("Enter")

    def doit(self, *arguments: str) -> None:
        """Type doit with arguments."""
        self.type(shlex.join([sys.executable, "-m", "doit", *arguments]))

    def press(self, key: str) -> None:
        """Press a key, named as tmux names it."""
        self._tmux("send-keys", key)

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal larger or smaller."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def lines(self) -> list[str]:
        """Return what is on the screen, without what was scrolled away or is empty."""
        return [line for line in self._tmux("capture-pane", "-p").splitlines() if line.strip()]

    def all_lines(self) -> list[str]:
        """Return what was ever on the screen, as far as it was not taken away."""
        text = self._tmux("capture-pane", "-p", "-J", "-S", "-")
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    @property
    def shows_cursor(self) -> bool:
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def wait_for(self, *texts: str) -> None:
        """Return when all texts are on the screen."""
        wait_until(lambda: all(text in "\n".join(self.lines()) for text in texts))

    def wait_for_prompt(self) -> None:
        """Return when the shell waits for the next line."""
        wait_until(lambda: self.lines()[-1] == PROMPT)

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def terminal(project: Project) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("a terminal is played by tmux")
    made = Terminal(project)
    yield made
    made.close()


def bars(lines: list[str]) -> list[str]:
    """Return the lines that are a display's."""
    return [line for line in lines if "━" in line or "/3 stages" in line or "rows" in line]


def test_what_runs_is_shown_and_what_was_built_scrolls_above(terminal: Terminal) -> None:
    project = terminal.project
    waiting.dodo(project, DODO)
    terminal.doit("-n", "2")
    terminal.wait_for("0/3 stages", "build:one-x", "build:two-x", "30/100 rows")
    running = terminal.lines()
    assert all(len(line) <= 80 for line in running)
    assert not terminal.shows_cursor
    assert "…" in running[-2]
    go_on(project, "one")
    terminal.wait_for("1/3 stages", "build:three-x")
    assert any(line.startswith("built    build:one-x") for line in terminal.lines())
    for name in ("two", "three"):
        go_on(project, name)
    terminal.wait_for_prompt()
    lines = terminal.all_lines()
    assert bars(lines) == []
    assert lines[-2].startswith("3 built in ")
    assert len([line for line in lines if line.startswith("built    build:")]) == 3
    assert terminal.shows_cursor


def test_resized_it_is_drawn_anew_and_nothing_is_left_of_the_old(terminal: Terminal) -> None:
    project = terminal.project
    waiting.dodo(project, DODO)
    # tmux scrolls as many lines away as it breaks, also from a screen that is nearly empty.
    terminal.type("seq 30")
    terminal.wait_for("30", PROMPT)
    terminal.doit("-n", "2")
    terminal.wait_for("0/3 stages", "30/100 rows")
    for columns, lines in ((40, 24), (30, 6), (100, 30), (25, 10), (80, 24)):
        terminal.resize(columns, lines)
        wait_until(lambda: _is_whole(terminal.lines(), columns))  # noqa: B023
    go_on(project, "one")
    terminal.wait_for("1/3 stages", "build:three-x")
    wait_until(lambda: len(bars(terminal.lines())) == 3)
    for name in ("two", "three"):
        go_on(project, name)
    terminal.wait_for_prompt()
    assert bars(terminal.all_lines()) == []


def _is_whole(lines: list[str], columns: int) -> bool:
    """Whether the last lines are a display that fits: two stages and a line of all."""
    shown = [line for line in lines if "0/3" in line]
    names = [line for line in lines if line.startswith("  buil")]
    return (
        len(shown) == 1
        and lines[-1] is shown[0]
        and len(names) == 2
        and all(len(line) <= columns for line in (*shown, *names))
    )


@pytest.mark.parametrize("way", [[], ["-n", "2"], ["-n", "2", "-P", "thread"]])
def test_interrupted_nothing_of_it_is_left(terminal: Terminal, way: list[str]) -> None:
    project = terminal.project
    waiting.dodo(project, DODO)
    terminal.doit(*way)
    terminal.wait_for("0/3 stages", "30/100 rows")
    terminal.press("C-c")
    terminal.wait_for_prompt()
    lines = terminal.all_lines()
    assert bars(lines) == []
    assert terminal.shows_cursor
    assert lines[-2] == "stopped by SIGINT: type the same command again to go on"
    assert any(line.startswith("stopped  build:one-x") for line in lines)


def test_suspended_the_terminal_is_the_shells_and_it_goes_on(terminal: Terminal) -> None:
    project = terminal.project
    waiting.dodo(project, DODO)
    terminal.doit("-n", "2")
    terminal.wait_for("0/3 stages", "30/100 rows")
    terminal.press("C-z")
    terminal.wait_for_prompt()
    assert bars(terminal.lines()) == []
    assert terminal.shows_cursor
    terminal.type("fg")
    terminal.wait_for("0/3 stages", "30/100 rows")
    for name in ("one", "two"):
        go_on(project, name)
    wait_for_pause(project, "three")
    go_on(project, "three")
    terminal.wait_for_prompt()
    assert terminal.all_lines()[-2].startswith("3 built in ")


def test_failures_come_last_behind_all_that_is_shown(terminal: Terminal) -> None:
    waiting.dodo(
        terminal.project,
        """
        def fail():
            pause("fail")
            raise ValueError("no such thing")

        def task_fail():
            return {"actions": [fail]}
        """,
    )
    terminal.doit()
    terminal.wait_for("0/1 stages")
    go_on(terminal.project, "fail")
    terminal.wait_for_prompt()
    lines = terminal.all_lines()
    assert not any("stages" in line for line in lines)
    assert lines[-2].startswith("  to try again: doit fail")
    assert terminal.shows_cursor


def test_what_stages_write_goes_above_and_their_own_bars_below(terminal: Terminal) -> None:
    waiting.dodo(
        terminal.project,
        """
        def talk():
            pause("first")
            print("a warning", file=sys.stderr)
            for percent in range(100):
                print(f"\\rof its own {percent}%", end="", file=sys.stderr)
            pause("second")
            print("\\x1b[2J\\x1b[5A and done", file=sys.stderr)
            os.write(2, b"")
            pause("third")

        def task_talk():
            return {"actions": [talk]}
        """,
    )
    project = terminal.project
    terminal.doit()
    terminal.wait_for("0/1 stages")
    go_on(project, "first")
    terminal.wait_for("a warning", "of its own 99%")
    lines = terminal.lines()
    assert [line.split()[0] for line in lines[-4:-1]] == ["a", "talk", "of"]
    assert "of its own 98%" not in "".join(lines)
    go_on(project, "second")
    terminal.wait_for("of its own 99% and done")
    wait_for_pause(project, "third")
    go_on(project, "third")
    terminal.wait_for_prompt()
    rest = [line for line in terminal.all_lines() if PROMPT not in line]
    assert rest[:2] == ["a warning", "of its own 99% and done"]


@pytest.mark.parametrize("way", [[], ["-v", "2"]])
def test_what_children_write_goes_above_and_tears_nothing(
    terminal: Terminal, way: list[str]
) -> None:
    waiting.dodo(
        terminal.project,
        """
        def talk():
            pause("first")
            for number in range(3):
                os.system(f"echo out {number}; echo error {number} >&2")
            os.write(1, b"\\x1b[2J\\x1b[5Araw\\n")
            pause("second")

        def task_talk():
            return {"actions": [talk]}
        """,
    )
    project = terminal.project
    terminal.doit(*way)
    terminal.wait_for("0/1 stages")
    go_on(project, "first")
    terminal.wait_for("raw")
    name = "talk: " if way else ""
    texts = [*(f"{what} {n}" for what in ("out", "error") for n in range(3)), "raw"]
    lines = terminal.lines()
    shown = [line for line in lines if line.startswith(name) and line.removeprefix(name) in texts]
    assert sorted(shown) == sorted(name + text for text in texts)
    assert [line for line in lines if "stages" in line] == bars(lines)
    assert len(bars(lines)) == 1
    go_on(project, "second")
    terminal.wait_for_prompt()
    rest = [line for line in terminal.all_lines() if PROMPT not in line]
    assert sorted(rest[:7]) == sorted(shown)
    assert rest[7].startswith("built    talk")


def test_a_stage_that_asks_has_the_terminal_to_itself(terminal: Terminal) -> None:
    waiting.dodo(
        terminal.project,
        """
        def work():
            pause("work")

        def ask():
            print("which one?", end=" ", flush=True)
            note(sys.stdin.readline())

        def task_work():
            return {"actions": [work]}

        def task_ask():
            return {"actions": [ask], "verbosity": 2}
        """,
    )
    terminal.doit()
    terminal.wait_for("0/2 stages")
    go_on(terminal.project, "work")
    terminal.wait_for("which one?")
    assert not any("stages" in line for line in terminal.lines())
    assert terminal.shows_cursor
    terminal.type("that")
    terminal.wait_for_prompt()
    assert terminal.project.ran() == ["that"]
    assert "which one? that" in terminal.all_lines()


def test_names_can_do_nothing_to_the_terminal(terminal: Terminal) -> None:
    waiting.dodo(
        terminal.project,
        """
        def task_it():
            for name in ("\\x1b[2J\\x1b]0;owned\\x07x", "[red]b[/red]\\nbuilt    x"):
                yield {"name": name, "actions": [(pause, ["it"])]}
        """,
    )
    terminal.doit()
    terminal.wait_for("0/2 stages", r"  it:\x1b[2J\x1b]0;owned\x07x")
    go_on(terminal.project, "it")
    terminal.wait_for("1/2 stages", r"  it:[red]b[/red]\nbuilt    x")
    go_on(terminal.project, "it")
    terminal.wait_for_prompt()
    assert not any(line.startswith("built    x") for line in terminal.all_lines())


def test_whom_a_stage_waits_for_is_shown(terminal: Terminal) -> None:
    waiting.dodo(terminal.project, DODO)
    other = terminal.project.start("-n", "3")
    for name in ("one", "two", "three"):
        wait_for_pause(terminal.project, name)
    terminal.doit("-n", "2")
    terminal.wait_for(f"waits for pid {other.pid} on host", "0/3 stages")
    for name in ("one", "two", "three"):
        go_on(terminal.project, name)
    terminal.wait_for_prompt()
    assert terminal.all_lines()[-2].startswith("3 up to date in ")
    other.communicate(timeout=DEADLINE_SECONDS)


# Without tmux, a pseudo-terminal that keeps every byte.


def spawned(project: Project, *arguments: str, **environment: str) -> pexpect.spawn[str]:
    """Start doit in a pseudo-terminal."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    inherited.pop("NO_COLOR", None)
    return pexpect.spawn(
        sys.executable,
        ["-m", "doit", *arguments],
        cwd=str(project.folder),
        env={**inherited, "TERM": "xterm-256color", **environment},
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
        dimensions=(24, 80),
    )


def test_a_short_run_shows_no_display_and_does_not_import_what_draws_it(project: Project) -> None:
    project.dodo(
        """
        import atexit

        atexit.register(lambda: pathlib.Path("modules").write_text(" ".join(sys.modules)))

        def task_quick():
            return {"actions": [(note, ["quick"])], "file_dep": ["dodo.py"]}
        """
    )
    for said in ("1 built in ", "1 up to date in "):
        process = spawned(project)
        process.expect(pexpect.EOF)
        assert said in (process.before or "")
        assert "\x1b" not in (process.before or "")
        modules = project.read("modules").split()
        assert "rich" not in modules
    assert "datamake.show.live" not in modules


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_wants_plain_lines_gets_them(
    project: Project, environment: dict[str, str]
) -> None:
    project.dodo(
        """
        def task_slow():
            return {"actions": ["sleep 0.8"]}
        """
    )
    process = spawned(project, **environment)
    process.expect(pexpect.EOF)
    assert "built    slow" in (process.before or "")
    assert "\x1b" not in (process.before or "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_the_cursor_and_no_bar(project: Project, number: signal.Signals) -> None:
    waiting.dodo(project, DODO)
    process = spawned(project)
    process.expect("0/3 stages")
    process.kill(number)
    process.expect("stopped by SIG")
    last = process.before or ""
    process.expect(pexpect.EOF)
    assert last.rfind("\x1b[?25h") > last.rfind("\x1b[?25l")
    assert last.rfind("\x1b[J") > last.rfind("stages")
    assert "\x1b" not in (process.before or "")
    process.close()
    assert process.exitstatus == 128 + number


def test_a_report_into_a_file_is_plain_and_shows_nothing(project: Project) -> None:
    project.dodo(
        """
        def task_slow():
            return {"actions": ["sleep 0.8"]}
        """
    )
    process = spawned(project, "-o", "report.txt")
    process.expect(pexpect.EOF)
    assert process.before == ""
    assert project.read("report.txt").startswith("built    slow")
