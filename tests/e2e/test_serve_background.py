"""A page without a terminal: started, found, ended, and what stands in its way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Project, wait_until

DODO = """
    def task_a():
        return {"actions": ["echo > %(targets)s"], "targets": ["a"]}
"""


@pytest.fixture
def served(project: Project) -> Iterator[Project]:
    """A project of which no server is left behind the test."""
    project.dodo(DODO)
    yield project
    project.doit("serve", "--stop", code=None)


def pid_of(project: Project) -> int:
    found: int = json.loads(project.read(".datamake/serve.json"))["process"]["pid"]
    return found


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_it_is_started_found_and_ended(served: Project) -> None:
    address = served.doit("serve", "--background", "--port=0").out.strip()
    assert httpx.get(f"{address}api/running").status_code == 200
    status = served.doit("serve", "--status").out
    assert status.startswith(address) and f"by process {pid_of(served)} on " in status
    pid = pid_of(served)
    assert f"the page at {address} is closed" in served.doit("serve", "--stop")
    assert not alive(pid)
    assert not served.exists(".datamake/serve.json")
    assert "no page is served" in served.doit("serve", "--status", code=1)
    assert "no page is served" in served.doit("serve", "--stop")


def test_a_second_one_is_the_first(served: Project) -> None:
    address = served.doit("serve", "--background", "--port=0").out.strip()
    again = served.doit("serve", "--background", "--port=0")
    assert again.out.strip() == address and "there already" in again


def test_it_outlives_the_shell_and_follows_runs(served: Project) -> None:
    address = served.doit("serve", "--background", "--port=0").out.strip()
    served.doit()
    wait_until(lambda: '"up to date"' in httpx.get(f"{address}api/stages").text)


def test_one_that_was_killed_is_not_taken_for_living(served: Project) -> None:
    served.doit("serve", "--background", "--port=0")
    pid = pid_of(served)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid))
    served.doit("serve", "--status", code=1)
    address = served.doit("serve", "--background", "--port=0").out.strip()
    assert httpx.get(f"{address}api/running").status_code == 200


def test_a_port_that_is_taken_is_said(served: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for option in ((), ("--background",)):
            said = served.doit("serve", f"--port={port}", *option, code=3)
            assert f"nothing can listen on 127.0.0.1:{port}" in said
            assert "Traceback" not in said
    assert not served.exists(".datamake/serve.json")


def test_a_process_that_somebody_only_named_is_left_alone(served: Project) -> None:
    served.doit("serve", "--background", "--port=0")
    note = served.folder / ".datamake" / "serve.json"
    content = note.read_text()
    if os.getuid() == 0:
        os.chown(note, 12345, 12345)
        assert "belongs to somebody else" in served.doit("serve", "--stop", code=3)
        os.chown(note, 0, 0)
    # The number belongs to another process than the one that was noted.
    pid = pid_of(served)
    note.write_text(content.replace(f'"pid":{pid}', f'"pid":{os.getpid()}'))
    assert "no page is served" in served.doit("serve", "--stop")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not alive(pid))


@pytest.mark.parametrize("note", ["", "{}", "[1]", '{"process": 1}', "\0", "{" * 10_000])
def test_a_note_that_is_none_is_no_server(served: Project, note: str) -> None:
    served.write(".datamake/serve.json", note)
    served.doit("serve", "--status", code=1)


def test_a_token_is_shown_once_and_is_in_no_file_or_argument(served: Project) -> None:
    said = served.doit("serve", "--background", "--port=0", "--host=0.0.0.0").out
    address, _, token = said.splitlines()[0].partition("?token=")
    assert all(line.endswith(f"/?token={token}") for line in said.splitlines())
    assert len(token) >= 32
    arguments = Path(f"/proc/{pid_of(served)}/cmdline").read_bytes()
    environment = Path(f"/proc/{pid_of(served)}/environ").read_bytes()
    assert token.encode() not in arguments + environment
    assert token not in served.doit("serve", "--status").out
    assert token not in served.read(".datamake/serve.json") + served.read(".datamake/serve.log")
    assert httpx.get(f"{address}api/graph").status_code == 401
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{address}api/graph", headers=headers).status_code == 200


def test_from_a_folder_below_it_is_the_same_project(served: Project) -> None:
    (served.folder / "data").mkdir()
    address = served.doit("serve", "--background", "--port=0", folder="data").out.strip()
    assert served.doit("serve", "--status").out.startswith(address)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port=70000",), "70000 is no port"),
        (("--stop", "--status"), "one at a time"),
        (("a",), "'a' is too much"),
        (("--host=no.such.host.invalid",), "nothing can listen on no.such.host.invalid"),
        (("--host=192.0.2.1",), "nothing can listen on 192.0.2.1"),
    ],
)
def test_what_can_not_be_served_is_said_in_a_line(
    served: Project, arguments: tuple[str, ...], said: str
) -> None:
    answer = served.doit("serve", *arguments, code=3)
    assert said in answer and "Traceback" not in answer


def test_a_token_that_is_too_short_is_refused(served: Project) -> None:
    answer = served.doit("serve", code=3, DATAMAKE_SERVE_TOKEN="secret")
    assert "at least 16" in answer and "secret" not in answer.out + answer.err


def test_settings_that_are_none_are_said(served: Project) -> None:
    with open(served.folder / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("\n[tool.datamake.serve]\npreviews = false\n")
    assert "'previews', which is none of preview, names" in served.doit("serve", code=3)


def test_a_folder_without_a_project_is_said(tmp_path: Path) -> None:
    other = Project(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    assert "no project here" in other.doit("serve", "--status", code=3)


def test_without_its_libraries_it_says_what_to_install(served: Project) -> None:
    served.write(
        "without/sitecustomize.py",
        """
        import importlib.util

        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *more: None if name == "uvicorn" else find(name)
    """,
    )
    path = os.pathsep.join((str(served.folder / "without"), os.environ.get("PYTHONPATH", "")))
    said = served.doit("serve", code=3, PYTHONPATH=path)
    assert "pip install 'datamake[serve]'" in said and "uvicorn" in said


def test_no_other_command_imports_what_serves(served: Project) -> None:
    served.write(
        "listing.py",
        """
        import sys
        from doit.doit_cmd import DoitMain

        DoitMain().run(["list", "-s"])
        heavy = {"starlette", "uvicorn", "jinja2", "prometheus_client", "anyio", "asyncio"}
        print(sorted(heavy & sys.modules.keys()))
        """,
    )
    command = [sys.executable, "listing.py"]
    done = subprocess.run(command, cwd=served.folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
