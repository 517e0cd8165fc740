"""Who is let in: with the token and under a known name, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.conftest import Visiting, chromium, serving
from tests.e2e.conftest import Project

TOKEN = "a-token-that-nobody-would-guess"


def small(project: Project) -> Project:
    project.dodo("""
        def task_secret_stage():
            return {"targets": ["one.txt"], "actions": ["echo 1 > %(targets)s"]}
    """)
    return project


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = small(Project(tmp_path_factory.mktemp("guarded")))
    with serving(project, DATAMAKE_SERVE_TOKEN=TOKEN) as address:
        yield address


def test_a_wrong_token_shows_nothing_and_the_right_one_opens(
    guarded: str, visiting: Visiting
) -> None:
    visit = visiting(guarded)
    page = visit.open()
    expect(page).to_have_url(f"{guarded}/login")
    expect(page.locator("body")).not_to_contain_text("secret_stage")
    page.get_by_label("Token").fill("a-token-that-somebody-guessed")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the token.")
    visit.picture("token")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    visit.expect_state("secret_stage", "stale")
    assert TOKEN not in page.url
    assert TOKEN not in page.content()
    assert TOKEN not in str(page.evaluate("[document.cookie, {...localStorage}]"))
    # The browser reports the answer 401 to the wrong token by itself.
    visit.troubles[:] = [one for one in visit.troubles if "401" not in one]


def test_a_token_in_the_address_is_gone_from_it_after_the_first_visit(
    guarded: str, visiting: Visiting
) -> None:
    visit = visiting(guarded)
    page = visit.open(f"/runs?token={TOKEN}")
    expect(page).to_have_url(f"{guarded}/runs")
    expect(page.locator("h1")).to_have_text("Runs")


def test_another_name_for_this_machine_is_refused_by_a_real_browser(
    project: Project, playwright: Playwright
) -> None:
    """A page of somebody else can have its name lead here, and would then be of our origin."""
    with serving(small(project)) as address:
        port = urlsplit(address).port
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--host-resolver-rules=MAP evil.example 127.0.0.1"]
        )
        page = browser.new_page()
        for path in ("/", "/api/graph", "/stage/secret_stage", "/static/graph.js"):
            answer = page.goto(f"http://evil.example:{port}{path}")
            assert answer is not None
            assert answer.status == 403, path
            assert "secret_stage" not in page.content()
        answer = page.goto(f"{address}/stage/secret_stage")
        assert answer is not None
        assert answer.status == 200
        browser.close()
