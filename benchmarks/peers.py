"""The peers: where they are installed, each in an environment of its own, and their versions."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

ENVIRONMENTS = Path(__file__).with_name(".environments")
REQUIREMENTS = {"luigi": "luigi>=3.6,<4", "ninja": "ninja>=1.11,<2"}
DOIT = [sys.executable, "-m", "doit"]


@functools.cache
def command(peer: str, name: str) -> str:
    """Return a command of a peer's environment, which is made if it is not there.

    Raises CalledProcessError where the peer can't be installed.
    """
    place = ENVIRONMENTS / peer
    found = place / "bin" / name
    if not (found.exists() and (place / "installed").exists()):
        venv.create(place, with_pip=True, clear=True)
        install = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, "--disable-pip-version-check", REQUIREMENTS[peer]], check=True)
        (place / "installed").touch()
    return str(found)


def ninja() -> str | None:
    """Return the command `ninja`, None where it can't be had."""
    try:
        return command("ninja", "ninja")
    except (subprocess.CalledProcessError, OSError):
        return None


def make() -> str | None:
    """Return the command `make`, None where there is none."""
    return shutil.which("make")


def machine() -> str:
    """Return what the figures depend on: processor, cores, memory and system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory,"
        f" {platform.system()} {platform.release()}"
    )


def versions() -> dict[str, str]:
    """Return the version of everything that takes part and is there by now."""
    found = {name: metadata.version(name) for name in ("datamake", "doit", "msgspec", "blake3")}
    found = {"Python": platform.python_version(), **found, "SQLite": sqlite3.sqlite_version}
    if make():
        found["make"] = _said("make", "--version").splitlines()[0].removeprefix("GNU Make ")
    if (ENVIRONMENTS / "ninja" / "installed").exists():
        found["ninja"] = _said(command("ninja", "ninja"), "--version")
    if (ENVIRONMENTS / "luigi" / "installed").exists():
        asked = "from importlib import metadata; print(metadata.version('luigi'))"
        found["Luigi"] = _said(command("luigi", "python"), "-c", asked)
    return found


def _said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
