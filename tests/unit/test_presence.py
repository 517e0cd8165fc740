"""The file that a process keeps locked as long as it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from datamake.presence import OLD_SECONDS, Presence
from datamake.process import is_shown

LIVES = """
import sys
from datamake.presence import Presence
presence = Presence(sys.argv[1])
presence.show()
presence.show()
print("shown", flush=True)
sys.stdin.readline()
presence.end(list)
print("ended", flush=True)
sys.stdin.read()
"""


def living(folder: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", LIVES, str(folder)]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "shown\n"
    return child


def test_it_is_locked_until_its_process_is_gone_however_it_ends(tmp_path: Path) -> None:
    with living(tmp_path / "running") as child:
        (path,) = (tmp_path / "running").iterdir()
        assert path.name.startswith(f"{child.pid}-")
        assert is_shown(str(path))
        child.kill()
    assert is_shown(str(path)) is False


def test_it_is_gone_when_it_ends(tmp_path: Path) -> None:
    with living(tmp_path / "running") as child:
        (path,) = (tmp_path / "running").iterdir()
        child.communicate("\n", timeout=60)
    assert is_shown(str(path)) is None
    assert not path.exists()


def test_a_child_that_it_forked_does_not_stand_for_it(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from datamake.presence import Presence;"
        " presence = Presence(sys.argv[1]); presence.show();"
        " os.write(1, b'%d\\n' % os.fork()); time.sleep(60)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "running")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        numbers = {int(parent.stdout.readline()), int(parent.stdout.readline())}
        (path,) = (tmp_path / "running").iterdir()
        assert is_shown(str(path))
        parent.kill()
        parent.wait()
        assert is_shown(str(path)) is False
        os.kill(max(numbers), 9)


def test_what_killed_processes_left_is_removed_unless_somebody_needs_it(tmp_path: Path) -> None:
    folder = tmp_path / "running"
    with living(folder) as child:
        (living_one,) = folder.iterdir()
        for name in ("dead", "young", "needed"):
            (folder / name).touch()
        for path in (living_one, folder / "dead", folder / "needed"):
            os.utime(path, (path.stat().st_mtime - 2 * OLD_SECONDS,) * 2)
        presence = Presence(str(folder))
        presence.show()
        presence.end(lambda: ["needed"])
        left = {path.name for path in folder.iterdir()}
        child.kill()
    assert left == {living_one.name, "young", "needed"}


def test_where_no_folder_can_be_made_nothing_is_shown(tmp_path: Path) -> None:
    (tmp_path / "running").write_text("in the way")
    presence = Presence(str(tmp_path / "running"))
    presence.show()
    presence.end(list)
    assert (tmp_path / "running").read_text() == "in the way"
