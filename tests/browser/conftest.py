"""A project with `doit serve` before it, and a real browser that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.e2e.conftest import DEADLINE_SECONDS, Project, wait_until

REFUSED = "net::ERR_CONNECTION_REFUSED"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# A page that is asked for something has this long; a wait ends as soon as it is so.
MOST_MILLISECONDS = 30_000


def chromium() -> str:
    """Return the path of Debian's Chromium; a test that needs it is skipped where it is not."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no chromium: apt install chromium")
    return found


@contextmanager
def serving(project: Project, *options: str, **environment: str) -> Iterator[str]:
    """Run `doit serve` in a project; yield the address that it prints."""
    said = project.folder.parent / f"{project.folder.name}-serve.log"
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "doit", "serve", "--port", "0", *options],
            cwd=project.folder,
            env={**inherited, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield _address(process, said)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=DEADLINE_SECONDS)
                raise


@contextmanager
def building(project: Project, *arguments: str) -> Iterator[None]:
    """Have doit run for the time of a block, which ends when doit does."""
    process = project.start(*arguments)
    try:
        yield
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, f"exit {process.returncode}\n{out}\n{err}"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=DEADLINE_SECONDS)


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    found: list[str] = []

    def printed() -> bool:
        text = said.read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, f"doit serve ended with {process.returncode}: {text}"
        found[:] = re.findall(r"http://[^\s/]+:\d+", text)
        return bool(found)

    wait_until(printed)
    return found[0]


@dataclass
class Visit:
    """A page of one server in a browser, that hears whatever goes wrong in it.

    `troubles` are errors of scripts, refusals by the content security policy, and requests to
    anywhere else; a test that expects some takes them out.
    """

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Go to a path, and return the page when it is there."""
        self.page.goto(self.address + path)
        return self.page

    def stage(self, name: str) -> str:
        """Return what selects the box of a stage in the graph."""
        return f'g.node[data-stage="{name}"]'

    def expect_state(self, name: str, state: str) -> None:
        """Return when the box of a stage shows a state: by attribute, class, glyph and words."""
        box = self.page.locator(self.stage(name))
        expect(box).to_have_attribute("data-state", state)
        expect(box).to_have_class(re.compile(rf"\b{CLASSES[state]}\b"))
        expect(box.locator(".badge use")).to_have_attribute("href", f"#glyph-{CLASSES[state]}")
        expect(box).to_have_attribute("aria-label", re.compile(re.escape(state)))

    def picture(self, name: str) -> None:
        """Keep a picture of the page as it is, where DATAMAKE_SCREENSHOTS names a folder."""
        folder = os.environ.get("DATAMAKE_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


CLASSES = {
    "up to date": "fresh",
    "stale": "stale",
    "waits": "waits",
    "running": "running",
    "failed": "failed",
    "ignored": "ignored",
    "error": "error",
}


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers; there can be one in a thread.

    It runs an event loop as long as it is there, so tests elsewhere can run none.
    """
    expect.set_options(timeout=MOST_MILLISECONDS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests here that a process runs."""
    started = playwright.chromium.launch(executable_path=chromium(), headless=True)
    yield started
    started.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project that datamake builds."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(browser: Browser) -> Iterator[Visiting]:
    """Open pages of a server; whatever goes wrong in one of them fails the test."""
    visits: list[Visit] = []

    def visit(
        address: str,
        *,
        dark: bool = False,
        phone: bool = False,
        script: bool = True,
    ) -> Visit:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            is_mobile=phone,
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(MOST_MILLISECONDS)
        made = Visit(context.new_page(), address)
        _listen(made)
        visits.append(made)
        return made

    yield visit
    for one in visits:
        one.page.context.close()
    assert [trouble for one in visits for trouble in one.troubles] == []


def _listen(visit: Visit) -> None:
    own = urlsplit(visit.address).netloc

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != own:
            visit.troubles.append(f"asked for {url}")

    def logged(message: ConsoleMessage) -> None:
        # A server may be stopped before its page is closed, which asks again then.
        if message.type in ("error", "warning") and REFUSED not in message.text:
            visit.troubles.append(f"{message.type}: {message.text}")

    visit.page.on("request", lambda request: asked(request.url))
    visit.page.on("pageerror", lambda error: visit.troubles.append(f"script: {error}"))
    visit.page.on("console", logged)
