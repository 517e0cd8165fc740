"""What strace writes is understood, and what commands open is heard."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from doit.action import CmdAction
from doit.task import Task

from datamake.audit import Opened
from datamake.shell import Command
from datamake.trace import ALWAYS, FASTER, Tracer, opened_in, problem_with, unavailable


def understood(*lines: str) -> tuple[list[str], list[str]]:
    """Return what lines say was read, and written."""
    opened = Opened({}, {})
    opened_in([f"{line}\n".encode() for line in lines], "/start", opened)
    return list(opened.read), list(opened.written)


@pytest.mark.parametrize(
    ("flags", "read", "written"),
    [
        ("O_RDONLY|O_CLOEXEC", ["/w/a"], []),
        ("O_WRONLY|O_CREAT|O_TRUNC, 0666", [], ["/w/a"]),
        ("O_RDWR", [], ["/w/a"]),
        ("O_WRONLY|O_APPEND", [], ["/w/a"]),
        ("O_RDONLY|O_DIRECTORY", [], []),
        ("O_RDONLY|O_PATH", [], []),
        ("O_RDWR|O_TMPFILE, 0600", [], []),
    ],
)
def test_flags_tell_reads_from_writes(flags: str, read: list[str], written: list[str]) -> None:
    assert understood(f'7 openat(AT_FDCWD</w>, "a", {flags}) = 3</w/a>') == (read, written)


@pytest.mark.parametrize(
    ("line", "read", "written"),
    [
        ('openat(AT_FDCWD</w>, "/x/a", O_RDONLY) = 3</x/a>', ["/x/a"], []),
        ('openat(5</w/d>, "a", O_RDONLY) = 3</w/d/a>', ["/w/d/a"], []),
        ('openat2(AT_FDCWD</w>, "a", {flags=O_WRONLY, resolve=0}, 24) = 3</w/a>', [], ["/w/a"]),
        ('open("/x/a", O_RDONLY) = 3</x/a>', ["/x/a"], []),
        ('open("a", O_RDONLY) = 3</real/a>', ["/real/a"], []),
        ('creat("/x/a", 0666) = 3</x/a>', [], ["/x/a"]),
        ('truncate("/x/a", 0) = 0', [], ["/x/a"]),
        ('rename("/x/a", "/x/b") = 0', [], ["/x/b"]),
        ('renameat2(AT_FDCWD</w>, "a", 4</v>, "b", RENAME_NOREPLACE) = 0', [], ["/v/b"]),
        ('linkat(AT_FDCWD</w>, "a", AT_FDCWD</w>, "b", 0) = 0', [], ["/w/b"]),
        ('symlink("to", "/x/l") = 0', [], ["/x/l"]),
        ('symlinkat("to", AT_FDCWD</w>, "l") = 0', [], ["/w/l"]),
        ('execve("/x/tool", ["tool", "/no/file"], 0x7 /* 36 vars */) = 0', ["/x/tool"], []),
        ('openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>(deleted)', ["/w/a"], []),
        ('openat(AT_FDCWD</w>, "a", O_RDONLY) = -1 ENOENT (No such file)', [], []),
        ('execve("/x/tool", ["tool"], 0x7 /* 36 vars */) = -1 ENOENT (No)', [], []),
        ("+++ exited with 0 +++", [], []),
        ("+++ killed by SIGKILL +++", [], []),
        ('openat(AT_FDCWD</w>, "a", O_RD', [], []),
    ],
)
def test_each_call_is_understood(line: str, read: list[str], written: list[str]) -> None:
    assert understood(f"7 {line}") == (read, written)


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("a b", "a b"),
        (r"a\"b", 'a"b'),
        (r"a\nb\tc\\d", "a\nb\tc\\d"),
        (r"a\1b\0018", "a\1b\0018"),
        (r"\303\251", "é"),
        (r"\377", "\udcff"),
        ("a) = 3</x>", "a) = 3</x>"),
        (r"a<b>, \"c", 'a<b>, "c'),
        ("AT_FDCWD</else>, ", "AT_FDCWD</else>, "),
    ],
)
def test_odd_names_are_what_they_are(shown: str, name: str) -> None:
    line = f'7 openat(AT_FDCWD</w>, "{shown}", O_RDONLY) = 3</w/x>'
    assert understood(line) == ([f"/w/{name}"], [])


def test_a_call_that_another_process_cuts_short_is_put_together() -> None:
    lines = [
        '7 openat(AT_FDCWD</w>, "a", O_RDONLY <unfinished ...>',
        '8 openat(AT_FDCWD</w>, "b", O_WRONLY <unfinished ...>',
        "7 <... openat resumed>) = 3</w/a>",
        "8 <... openat resumed>) = -1 EACCES (Permission denied)",
        '8 openat(AT_FDCWD</w>, "c", O_WRONLY <unfinished ...>',
        "8 +++ killed by SIGKILL +++",
    ]
    assert understood(*lines) == (["/w/a"], [])


def test_where_a_process_is_is_known_from_what_it_does() -> None:
    lines = [
        '7 rename("a", "b") = 0',
        '8 execve("./tool", ["tool"], 0x7 /* 1 var */) = 0',
        '8 openat(AT_FDCWD</w>, "/lib/libc.so", O_RDONLY) = 3</lib/libc.so>',
        '8 rename("a", "b") = 0',
        '8 chdir("sub") = 0',
        '8 rename("a", "b") = 0',
        "8 fchdir(3</v>) = 0",
        '8 rename("a", "b") = 0',
        '8 chdir("none") = -1 ENOENT (No such file or directory)',
        '8 rename("a", "c") = 0',
    ]
    read, written = understood(*lines)
    assert read == ["/w/./tool", "/lib/libc.so"]
    assert written == ["/w/b", "/w/sub/b", "/v/b", "/v/c", "/start/b"]


# With strace ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("in", "other", "sub/in"):
        (tmp_path / name).write_text("1\n")
    return tmp_path


def heard(action: CmdAction, folder: Path) -> tuple[set[str], set[str], object]:
    """Return what a command read and wrote below a folder, and its failure."""
    opened = Opened({}, {})
    command = Command.like(action)
    command.tracer = Tracer(opened, str(folder))
    task = Task("stage", [command])
    task.init_options()
    command.task = task
    failure = command.execute()
    return below(opened.read, folder), below(opened.written, folder), failure


def below(paths: dict[str, None], folder: Path) -> set[str]:
    inside = (path for path in paths if path.startswith(f"{folder}/"))
    return {os.path.relpath(path, folder) for path in inside}


@pytest.mark.parametrize(
    ("command", "read", "written"),
    [
        ("cat in > out", {"in"}, {"out"}),
        ("cat in | sort | head -1 > out", {"in"}, {"out"}),
        ("cd sub && cat in > ../out", {"sub/in"}, {"out"}),
        ("(cd sub; mv in moved); cat other", {"other"}, {"sub/moved"}),
        ("sh -c 'cp in copy' & wait", {"in"}, {"copy"}),
        ("cat missing in || true", {"in"}, set()),
        ("ln -s in link; cat link", {"link"}, {"link"}),
        ("printf x > 'a b\"c\n'; cat 'a b\"c\n'", {'a b"c\n'}, {'a b"c\n'}),
        ("cat $(printf 'non\\377text') 2>&1 || true", set(), set()),
        ("cp in $(printf 'non\\377text')", {"in"}, {"non\udcfftext"}),
        ("cp /bin/true tool; ./tool", {"tool"}, {"tool"}),
    ],
)
def test_what_a_command_and_its_children_open_is_heard(
    folder: Path, command: str, read: set[str], written: set[str]
) -> None:
    if "printf" in command:  # which doit would take for its own
        command = command.replace("%", "%%")
    assert heard(CmdAction(command), folder) == (read, written, None)


def test_every_way_to_start_a_command_is_heard(folder: Path) -> None:
    ways = [
        CmdAction(["cat", "in"], shell=False),
        CmdAction(["cat in"], shell=True),
        CmdAction("cat", shell=False, stdin=subprocess.DEVNULL),
        CmdAction("cat <(cat in)", executable="/bin/bash"),
        CmdAction("cat in", cwd="sub"),
        CmdAction("/bin/cat $NAME", env={"NAME": "in", "PATH": "/nowhere"}),
    ]
    reads = [heard(action, folder) for action in ways]
    assert reads == [
        ({"in"}, set(), None),
        ({"in"}, set(), None),
        (set(), set(), None),
        ({"in"}, set(), None),
        ({"sub/in"}, set(), None),
        ({"in"}, set(), None),
    ]


@pytest.mark.parametrize(
    "action",
    [
        CmdAction("exit 3"),
        CmdAction("exit 200"),
        CmdAction("kill -9 $$"),
        CmdAction("kill -SEGV $$"),
        CmdAction("false | cat"),
        CmdAction("cat missing"),
        CmdAction(["false"], shell=False),
        CmdAction("yes | head -1"),
    ],
    ids=lambda action: str(action._action),
)
def test_a_command_ends_as_it_does_without_being_traced(folder: Path, action: CmdAction) -> None:
    traced, plain = Command.like(action), Command.like(action)
    traced.tracer = Tracer(Opened({}, {}), str(folder))
    told = [command.execute() for command in (traced, plain)]
    assert str(getattr(told[0], "message", None)) == str(getattr(told[1], "message", None))
    assert type(told[0]) is type(told[1])
    assert (traced.out, traced.err) == (plain.out, plain.err)


def test_a_program_that_is_not_there_fails_by_itself(folder: Path) -> None:
    for action in (CmdAction(["./none"], shell=False), CmdAction(["none"], shell=False)):
        with pytest.raises(FileNotFoundError):
            heard(action, folder)


def test_it_is_tried_whether_strace_can_trace() -> None:
    assert problem_with((FASTER, *ALWAYS)) is None
    assert problem_with(ALWAYS) is None  # as for a strace that knows no seccomp
    assert "no-such-option" in str(problem_with(("--no-such-option", *ALWAYS)))
    assert problem_with(("-e", "trace=none", *ALWAYS[:-2])) == "it ended with 7"
    assert unavailable() is None


def test_nothing_is_left_of_a_trace(folder: Path) -> None:
    before = sorted(os.listdir(folder))
    heard(CmdAction("cat in"), folder)
    assert sorted(os.listdir(folder)) == before
