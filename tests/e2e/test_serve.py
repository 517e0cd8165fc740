"""A page that follows a project: a build, a failure, an edit, a broken dodo.py, another host."""

from __future__ import annotations

import os
import re
import signal
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until
from tests.e2e.serving import Listener, served
from tests.e2e.waiting import dodo, go_on, wait_for_pause

CHAIN = """
    def first(targets):
        pause("first")
        pathlib.Path(targets[0]).write_text("1")

    def second(dependencies, targets):
        pathlib.Path(targets[0]).write_text("2")

    def task_first():
        \"\"\"The first of all.\"\"\"
        return {"targets": ["first.txt"], "actions": [first]}

    def task_second():
        return {"file_dep": ["first.txt"], "targets": ["second.txt"], "actions": [second]}
"""


def test_a_page_follows_a_build_from_stale_to_fresh(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.wait_for(first="stale", second="stale")
        assert not project.exists(".datamake/store.sqlite")
        listener = Listener(page, str(page.json("/api/graph")["last_event"]))
        run = project.start()
        wait_for_pause(project, "first")
        page.wait_for(first="running")
        wait_until(lambda: listener.states("first") == ["running"])
        running = page.json("/api/running")
        assert [one["stage"] for one in running["running"]] == ["first"]
        assert running["running"][0]["pid"] == run.pid
        assert running["running"][0]["here"]
        assert page.json("/api/stage/first")["running"]["host"] == socket.gethostname()
        wait_until(lambda: [r["pid"] for r in page.json("/api/running")["runs"]] == [run.pid])
        go_on(project, "first")
        run.communicate(timeout=DEADLINE_SECONDS)
        page.wait_for(first="up to date", second="up to date")
        wait_until(lambda: listener.states("second")[-1:] == ["up to date"])
        assert listener.states("first") == ["running", "up to date"]
        wait_until(
            lambda: listener.told[-1][1].get("running") == [] or "graph" in dict(listener.told)
        )
        found = page.json("/api/runs")["runs"]
        assert [(one["state"], one["counts"]) for one in found] == [("done", {"built": 2})]
        attempts = page.json(f"/api/run/{found[0]['id']}")["attempts"]
        assert [one["stage"] for one in attempts] == ["first", "second"]


TWO = """
    def wait(targets, name):
        pause(name)
        pathlib.Path(targets[0]).write_text("1")

    def task_one():
        return {"targets": ["one.txt"], "actions": [(wait, [], {"name": "one"})]}

    def task_two():
        return {"targets": ["two.txt"], "actions": [(wait, [], {"name": "two"})]}
"""


@pytest.mark.parametrize("at_once", [1, 2])
def test_who_looks_sees_which_worker_is_at_work(project: Project, at_once: int) -> None:
    dodo(project, TWO)
    with served(project) as page:
        page.wait_for(one="stale", two="stale")
        run = project.start(*([] if at_once == 1 else ["-n", str(at_once)]))
        names = ["one", "two"]
        for name in names[:at_once]:
            wait_for_pause(project, name)

        def workers() -> dict[str, int]:
            return {one["stage"]: one["worker"] for one in page.json("/api/running")["running"]}

        wait_until(lambda: len(workers()) == at_once and all(workers().values()))
        seen = workers()
        children = {child.pid for child in psutil.Process(run.pid).children()}
        if at_once == 1:
            assert seen == {"one": run.pid}
        else:
            assert set(seen.values()) <= children and len(set(seen.values())) == 2
        assert page.json("/api/stage/one")["running"]["worker"] == seen["one"]
        for name in names:
            go_on(project, name)
        run.communicate(timeout=DEADLINE_SECONDS)
        page.wait_for(one="up to date", two="up to date")
        assert page.json("/api/running")["running"] == []
        attempts = page.json("/api/run/1")["attempts"]
        assert {one["stage"]: one["worker"] for one in attempts}.items() >= seen.items()


def test_a_failure_is_told_with_what_went_wrong(project: Project) -> None:
    project.dodo("""
        def bad(targets):
            raise ValueError("<b>no such flight</b>")

        def task_bad():
            return {"targets": ["bad.txt"], "actions": [bad]}
    """)
    with served(project) as page:
        page.wait_for(bad="stale")
        listener = Listener(page)
        project.doit(code=2)
        page.wait_for(bad="failed")
        wait_until(lambda: any(content.get("failed") for _, content in list(listener.told)))
        failed = next(c["failed"] for _, c in listener.told if c.get("failed"))
        assert failed[0]["stage"] == "bad" and "no such flight" in failed[0]["failure"]
        text = page.get("/stage/bad").text
        assert "&lt;b&gt;no such flight&lt;/b&gt;" in text and "<b>no such flight" not in text
        assert page.json("/api/runs")["runs"][0]["failed"] == ["bad"]
        attempts = page.json("/api/stage/bad/attempts")["attempts"]
        assert [one["state"] for one in attempts] == ["failed"]


def test_a_run_that_is_killed_is_seen_as_over(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.wait_for(first="stale")
        project.kill_when((project.folder / "first.started").exists, "run")
        wait_until(lambda: not page.json("/api/running")["running"])
        wait_until(lambda: page.json("/api/runs")["runs"][0]["state"] == "killed")
        page.wait_for(first="stale")


def test_an_edit_is_seen_while_somebody_looks(project: Project) -> None:
    dodo(project, CHAIN)
    go_on(project, "first")
    project.doit()
    with served(project) as page:
        page.wait_for(first="up to date", second="up to date")
        listener = Listener(page)
        project.write(
            "dodo.py", project.read("dodo.py").replace('write_text("2")', 'write_text("3")')
        )
        wait_until(lambda: listener.states("second") == ["stale"])
        assert page.json("/api/stage/second")["reasons"] == ["action changed: dodo.py:second"]
        diff = page.json("/api/stage/second")["diff"]
        assert 'write_text("2")' in diff and 'write_text("3")' in diff
        (project.folder / "first.txt").unlink()
        wait_until(lambda: listener.states("first") == ["stale"])


def test_many_reasons_are_counted_and_hide_no_other_kind(project: Project) -> None:
    text = """
        def count(dependencies, targets, by=1):
            pathlib.Path(targets[0]).write_text("1")

        def task_count():
            inputs = [f"{n}.in" for n in range(120)]
            return {"file_dep": inputs, "targets": ["count"], "actions": [(count, [], {"by": 1})]}
    """
    project.dodo(text)
    for content in ("1", "22"):
        for number in range(120):
            project.write(f"{number}.in", content)
        if content == "1":
            project.doit()
    project.dodo(text.replace('{"by": 1}', '{"by": 2}'))
    with served(project) as page:
        page.wait_for(count="stale")
        stage = page.json("/api/stage/count")
        assert stage["reason_counts"] == {"input changed": 120, "argument changed": 1}
        assert "argument changed: by 1 → 2" in stage["reasons"]
        assert len(stage["reasons"]) < 120
        listed = page.json("/api/stages")["stages"][0]["why"]
        assert "and 117 more; argument changed: by 1 → 2" in listed


def test_what_is_accepted_or_forgotten_is_seen(project: Project) -> None:
    dodo(project, CHAIN)
    go_on(project, "first")
    project.doit()
    with served(project) as page:
        page.wait_for(first="up to date")
        listener = Listener(page)
        wait_until(lambda: not page.json("/api/graph")["refreshing"])
        project.doit("forget", "first")
        wait_until(lambda: listener.states("first")[-1:] == ["stale"])


def test_a_dodo_that_can_not_be_loaded_is_shown_with_the_last_good_graph(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.wait_for(first="stale")
        listener = Listener(page)
        good = project.read("dodo.py")
        project.write("dodo.py", "raise RuntimeError('<i>half an edit</i>')\n")
        wait_until(lambda: "half an edit" in page.json("/api/graph")["error"])
        assert set(page.states()) == {"first", "second"}
        text = page.get("/").text
        assert "&lt;i&gt;half an edit" in text and "<i>half" not in text
        assert "datamake_loadable 0.0" in page.get("/metrics").text
        project.write("dodo.py", good)
        wait_until(lambda: page.json("/api/graph")["error"] == "")
        assert any("half an edit" in c.get("error", "") for n, c in listener.told if n == "graph")


def test_a_dodo_that_ends_doit_or_prints_is_no_news_to_the_server(project: Project) -> None:
    project.dodo("""
        print("{}" * 1000)
        os.write(1, b"noise")
        def task_a():
            return {"actions": ["true"], "targets": ["a"]}
    """)
    with served(project) as page:
        page.wait_for(a="stale")
        project.write("dodo.py", "import os\nos._exit(0)\n")
        wait_until(lambda: "ended doit" in page.json("/api/graph")["error"])


def test_the_server_imports_nothing_of_the_project(project: Project) -> None:
    project.write("helper.py", "NAME = 'a'\n")
    project.dodo("""
        import helper
        pathlib.Path("imported").write_text(str(os.getpid()))
        assert "DATAMAKE_SERVE_TOKEN" not in os.environ
        def task_a():
            return {"actions": ["true"], "targets": [helper.NAME]}
    """)
    with served(project, DATAMAKE_SERVE_TOKEN="correct-horse-battery") as page:
        page.client.headers["authorization"] = "Bearer correct-horse-battery"
        page.wait_for(a="stale")
        assert int(project.read("imported")) != page.process.pid
        project.write("helper.py", "NAME = 'b'\n")
        wait_until(lambda: page.json("/api/stage/a")["targets"][0]["path"] == "b")


def test_values_of_parameters_are_those_of_the_command_line(project: Project) -> None:
    project.dodo("""
        def task_a(n: int = 1):
            return {"actions": ["true"], "targets": [f"a{n}"]}
    """)
    with served(project, "n=7") as page:
        page.wait_for(a="stale")
        found = page.json("/api/stage/a")
        assert (found["parameters"], found["targets"][0]["path"]) == ("n=7", "a7")


# Names that are hostile ------------------------------------------------------------------

HOSTILE = """
    NAME = '"><img src onerror><script>alert(2)</script>'

    def show(targets):
        print("</pre><script>alert(3)</script>")
        raise ValueError("</script><script>alert(4)</script>")

    def task_hostile():
        yield {"basename": NAME, "doc": "</title><script>alert(5)</script>", "actions": [show],
               "targets": ["<script>alert(6)</script>.txt"], "file_dep": ["a'b\\"<b>.txt"]}
        yield {"basename": "a/../b", "actions": ["true"], "targets": ["x"]}
        yield {"basename": "control\\x01\\x1b[31m\\u202e", "actions": ["true"], "targets": ["y"]}
        yield {"basename": os.fsdecode(b"caf\\xe9"), "actions": ["true"], "targets": ["z"]}
"""


def test_hostile_names_docs_and_messages_are_text_wherever_they_stand(project: Project) -> None:
    project.dodo(HOSTILE)
    project.write("a'b\"<b>.txt", "x")
    project.doit("-c", code=2, PYTHONUTF8="1")
    with served(project) as page:
        page.judged()
        names = list(page.states())
        assert len(names) == 4
        addresses = ["/", "/runs", "/run/1", "/api/graph.svg", "/log/1"]
        quoted = {name: quote(os.fsencode(name), safe="") for name in names}
        addresses += [f"/stage/{quoted[name]}" for name in names]
        addresses += [f"/?stage={quoted[name]}" for name in names]
        for address in addresses:
            answer = page.get(address)
            assert answer.status_code == 200, f"{address}: {answer.text[-300:]}"
            assert not re.search(r"<script>alert|<img src|</title><script", answer.text)
            # For scripts names are as they are; people are shown no control characters.
            said = re.sub(r' [a-z-]+="[^"]*"', "", answer.text)
            assert "\x01" not in said and "\x1b" not in said
        for name in names:
            assert page.json(f"/api/stage/{quoted[name]}")["name"] == name


# Who may come ----------------------------------------------------------------------------


def raw(port: int, content: bytes) -> bytes:
    """Return the answer to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS) as sock:
        with suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(content)
        parts = []
        # It may hang up on what is too long while that is still being sent.
        with suppress(ConnectionResetError):
            while part := sock.recv(65536):
                parts.append(part)
        return b"".join(parts)


def test_a_strange_name_is_turned_away_on_the_wire(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.wait_for(first="stale")
        assert page.get("/api/graph", host="evil.example").status_code == 403
        for request in (
            b"GET /api/graph HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            b"GET http://127.0.0.1/api/graph HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n",
            b"GET /api/graph HTTP/1.0\r\n\r\n",
            b"GET /api/graph HTTP/1.0\r\nHost: localhost\r\nHost: evil\r\n\r\n",
            b"GET /static/../../../../etc/passwd HTTP/1.0\r\nHost: localhost\r\n\r\n",
            b"GET /static/..%2f..%2fserver.py HTTP/1.0\r\nHost: localhost\r\n\r\n",
            b"\x00\x01\x02" * 100 + b"\r\n\r\n",
            b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ):
            answer = raw(page.port, request)
            assert not answer.startswith(b"HTTP/1.1 200"), request[:60]
            assert b"first" not in answer and b"root:" not in answer
        page.wait_for(first="stale")


def test_it_listens_on_this_machine_alone(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        listening = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
        assert f"0100007F:{page.port:04X}" in listening
        assert f"00000000:{page.port:04X}" not in listening


def test_another_host_asks_for_a_new_token_that_is_shown_once(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project, "--host=0.0.0.0") as page:
        token = page.address.partition("?token=")[2]
        assert len(token) >= 32
        page.client.base_url = f"http://127.0.0.1:{page.port}"
        assert page.get("/api/graph").status_code == 401
        assert page.get("/").headers["location"] == "/login"
        assert page.get("/?token=wrong").status_code == 401
        first = page.get(f"/?token={token}")
        assert (first.status_code, first.headers["location"]) == (303, "/")
        assert page.get("/api/graph").status_code == 200  # by the cookie
        page.wait_for(first="stale")
        page.process.send_signal(signal.SIGTERM)
        out, err = page.process.communicate(timeout=DEADLINE_SECONDS)
        assert token not in err
        assert all(re.fullmatch(r"http://\S+/\?token=\S+", line) for line in out.splitlines())
    for path in (project.folder / ".datamake").rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes()


def test_every_address_that_is_printed_leads_to_the_page(project: Project) -> None:
    dodo(project, CHAIN)
    token = "correct-horse-battery"
    with served(project, "--host=0.0.0.0", DATAMAKE_SERVE_TOKEN=token) as page:
        status = project.doit("serve", "--status").out
        printed = re.findall(r"http://\S+", status)
        assert printed[0] == f"http://127.0.0.1:{page.port}/" == page.address
        assert len(printed) > 1 and not any("0.0.0.0" in address for address in printed)
        headers = {"authorization": f"Bearer {token}"}
        reached = []
        for address in printed:
            try:
                answer = httpx.get(f"{address}api/graph", headers=headers)
            except httpx.ConnectError:  # a name that only others know
                continue
            assert answer.status_code == 200, address
            reached.append(address)
        assert f"http://127.0.0.1:{page.port}/" in reached
        wrong = {**headers, "host": f"0.0.0.0:{page.port}"}
        assert page.get("/api/graph", **wrong).status_code == 403


def test_a_token_of_the_environment_is_shown_nowhere(project: Project) -> None:
    token = "correct-horse-battery"
    project.dodo(f"""
        def task_a():
            return {{"actions": ["echo {token}"], "targets": ["a"], "doc": "{token}"}}
        raise RuntimeError("{token}")
    """)
    with served(project, DATAMAKE_SERVE_TOKEN=token) as page:
        assert token not in page.address
        page.client.headers["authorization"] = f"Bearer {token}"
        wait_until(lambda: "RuntimeError" in page.json("/api/graph")["error"])
        assert token not in page.get("/api/graph").text + page.get("/").text


# Bounds ----------------------------------------------------------------------------------


def test_listeners_beyond_the_bound_are_told_to_come_later(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.wait_for(first="stale")
        request = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        sockets = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(64)]
        for sock in sockets:
            sock.sendall(request)
            assert sock.recv(64).startswith(b"HTTP/1.1 200")
        wait_until(lambda: "datamake_page_listeners 64.0" in page.get("/metrics").text)
        assert page.get("/api/events").status_code == 503
        # Nobody of them reads: the build is told to who does, all the same.
        go_on(project, "first")
        project.doit()
        page.wait_for(second="up to date")
        for sock in sockets:
            sock.close()
        wait_until(lambda: "datamake_page_listeners 0.0" in page.get("/metrics").text)


def test_a_stage_that_says_too_much_is_cut(project: Project) -> None:
    project.dodo("""
        def task_a():
            return {"actions": ["true"], "targets": ["a"], "doc": "x" * 50_000_000}
    """)
    with served(project) as page:
        page.wait_for(a="stale")
        assert len(page.json("/api/stage/a")["doc"]) < 5_000
        assert len(page.get("/").content) < 100_000


def test_streams_end_with_the_server(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        listener = Listener(page)
        page.process.send_signal(signal.SIGTERM)
        assert page.process.wait(DEADLINE_SECONDS) == 0
        assert listener.ended()


def test_nothing_is_left_of_a_server_that_ends_while_it_judges(project: Project) -> None:
    project.dodo("""
        pathlib.Path("judging").write_text(str(os.getpid()))
        time.sleep(600)
    """)
    with served(project) as page:
        wait_until((project.folder / "judging").exists)
        wait_until(lambda: project.read("judging") != "")
        page.process.send_signal(signal.SIGTERM)
        page.process.wait(DEADLINE_SECONDS)
        wait_until(lambda: not os.path.exists(f"/proc/{project.read('judging')}"))


# The store -------------------------------------------------------------------------------


def test_a_server_changes_nothing(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        page.judged()
        for address in ("/", "/runs", "/stage/first", "/api/graph", "/metrics", "/api/runs"):
            assert page.get(address).status_code == 200
        left = {path.name for path in (project.folder / ".datamake").glob("*")}
    assert left <= {"serve.json", ".gitignore"}
    assert not project.exists(".datamake/serve.json")


def test_a_store_that_is_removed_or_damaged_is_followed_anew(project: Project) -> None:
    dodo(project, CHAIN)
    go_on(project, "first")
    project.doit()
    with served(project) as page:
        page.wait_for(first="up to date")
        Listener(page)
        for path in (project.folder / ".datamake").glob("store*"):
            path.unlink()
        go_on(project, "first")
        project.doit()
        wait_until(lambda: [one["id"] for one in page.json("/api/runs")["runs"]] == [1])
        page.wait_for(first="up to date", second="up to date")
        for path in (project.folder / ".datamake").glob("store*-*"):
            path.unlink()
        (project.folder / ".datamake" / "store.sqlite").write_bytes(b"no database" * 1000)
        wait_until(lambda: page.get("/api/runs").status_code == 503)
        assert "store.sqlite" in page.get("/runs").text


@pytest.mark.parametrize("name", ["other", "a/b"])
def test_a_store_of_another_name_is_found(project: Project, name: str) -> None:
    dodo(project, CHAIN)
    head = project.read("dodo.py")
    project.write("dodo.py", f"{head}\nDOIT_CONFIG = {{'dep_file': {name!r}}}\n")
    go_on(project, "first")
    project.doit()
    with served(project) as page:
        page.wait_for(first="up to date")
        wait_until(lambda: len(page.json("/api/runs")["runs"]) == 1)


def test_a_stage_has_a_page_before_the_tasks_are_known(project: Project) -> None:
    dodo(project, CHAIN)
    with served(project) as page:
        assert page.get("/stage/second").status_code == 200
        page.wait_for(second="stale")
        assert page.json("/api/stage/second")["known"]
        assert page.get("/stage/nothing").status_code == 404
