"""Where targets come from, and what differs between runs, as the page and its JSON tell it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamake.model import AttemptState, Meaning, Record, Stage
from datamake.past import Details, PastAttempt
from datamake.picture.model import Part
from datamake.process import boot_id
from datamake.serve import bounded, origins_view, run_comparison
from datamake.serve.change_rows import Entry, differing, entries
from datamake.stamps import CachedFile, stamp_of
from tests.unit.serving import Past, app_of, ask, site

RAW = "5" * 64


class Builds(Past):
    """Writes builds as runs do, with what was read and what each file was then."""

    def build(self, run: int, stage: str, inputs: dict[str, str], **details: str) -> None:
        """Note that a stage built a target of its name from inputs in these states."""
        output = {stage: f"{stage}-made"}
        told = Details(
            inputs=inputs,
            outputs=output,
            targets=(stage,),
            parameters=details.get("parameters", ""),
            arguments={"rows": details.get("rows", "3")},
        )
        code = Meaning({f"dodo.py:{stage}": "d"}, {}, {f"dodo.py:{stage}": "def f(): ..."})
        attempt = PastAttempt(0, run, stage, AttemptState.BUILT, 2.0, 0.5, told)
        self.store.history.attempted(attempt, code)
        record = Record(stage, (stage,), code, "content", inputs, output)
        self.store.commit(Stage(stage, (), (stage,)), record, release=True)


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Builds]:
    found = Builds(tmp_path)
    yield found
    found.close()


def test_a_target_is_traced_back_to_the_raw_data(past: Builds, tmp_path: Path) -> None:
    run = past.run()
    past.build(run, "tidy", {"raw": RAW})
    past.build(run, "total", {"tidy": "tidy-made"}, parameters="n=20")
    app = app_of(site(tmp_path, Part("total", makes=("total",))))
    found = ask(app, "/api/origins?path=total").json()
    assert (found["version"], found["file"], found["truncated"]) == (1, "total", False)
    assert [(o["depth"], o["path"]) for o in found["origins"]] == [
        (0, "total"),
        (1, "tidy"),
        (2, "raw"),
    ]
    total, tidy, raw = found["origins"]
    assert total["made_by"]["parameters"] == "n=20"
    assert tidy["made_by"]["run"]["person"] == "ada"
    assert (raw["state"], raw["made_by"]) == (RAW, None)
    page = ask(app, "/stage/total").text
    for words in ("Where it comes from", f"made by tidy in run {run} by ada", RAW[:12], "n=20"):
        assert words in page


@pytest.mark.parametrize("path", ["raw", "", "../total", "/etc/passwd", "a%00b", "tot"])
def test_only_what_a_stage_has_built_has_an_origin(past: Builds, tmp_path: Path, path: str) -> None:
    past.build(past.run(), "total", {"raw": RAW})
    app = app_of(site(tmp_path, Part("total", makes=("total",))))
    assert ask(app, f"/api/origins?path={path}").status_code == 404


def test_a_stage_that_was_never_built_has_no_such_card(past: Builds, tmp_path: Path) -> None:
    app = app_of(site(tmp_path, Part("total", makes=("total",))))
    assert "Where it comes from" not in ask(app, "/stage/total").text


def test_a_file_is_compared_by_what_is_remembered_and_never_read(
    past: Builds, tmp_path: Path
) -> None:
    (tmp_path / "raw").write_text("x")
    past.build(past.run(), "total", {"raw": RAW})
    app = app_of(site(tmp_path, Part("total", makes=("total",))))

    def standing() -> list[str]:
        found = ask(app, "/api/origins?path=total").json()["origins"]
        return [one["standing"] for one in found]

    assert standing() == ["not there any more", "not compared here"]
    stamp = stamp_of(os.stat(tmp_path / "raw"))
    past.store.cache_file("raw", CachedFile(stamp, True, RAW, boot_id()))
    past.store.write_files()
    assert standing()[1] == "as it was"
    os.utime(tmp_path / "raw", ns=(1, 1))
    assert standing()[1] == "not compared here"
    (tmp_path / "raw").unlink()
    os.mkfifo(tmp_path / "raw")  # opened, it would be waited for
    assert standing()[1] == "not compared here"


def test_a_long_provenance_is_cut_and_says_so(past: Builds, tmp_path: Path) -> None:
    run, inputs = past.run(), {f"raw{n}": RAW for n in range(bounded.MOST_ENTRIES + 1)}
    past.build(run, "wide", inputs)
    past.build(run, "0", {"raw": RAW})
    for n in range(1, 20):
        past.build(run, str(n), {str(n - 1): f"{n - 1}-made"})
    app = app_of(site(tmp_path, Part("wide", makes=("wide",)), Part("19", makes=("19",))))
    wide = ask(app, "/api/origins?path=wide").json()
    assert wide["truncated"] and len(wide["origins"]) == origins_view.MOST_ORIGINS
    assert len(wide["origins"][0]["made_by"]["inputs"]) == bounded.MOST_ENTRIES
    deep = ask(app, "/api/origins?path=19").json()
    assert deep["truncated"] and deep["origins"][-1]["depth"] == origins_view.MOST_LEVELS
    for stage in ("wide", "19"):
        assert f"... and more: `doit history {stage}` shows all" in ask(app, f"/stage/{stage}").text


def test_of_many_targets_the_first_are_told_of(past: Builds, tmp_path: Path) -> None:
    names = tuple(f"t{n}" for n in range(origins_view.MOST_TARGETS + 2))
    past.built("many", *names)
    page = ask(app_of(site(tmp_path, Part("many", makes=names))), "/stage/many").text
    assert page.count('class="origin"') == origins_view.MOST_TARGETS
    assert "and 2 targets more" in page


def test_names_and_arguments_are_text_and_secrets_hidden(
    past: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = past.run()
    past.build(first, "total", {"<b>raw</b>": RAW}, rows="'s3cr3t-value'")
    second = past.run("doit")
    past.build(second, "total", {"<b>raw</b>": RAW}, rows="4")
    monkeypatch.setenv("MY_API_KEY", "s3cr3t-value")
    app = app_of(site(tmp_path, Part("total", makes=("total",))))
    found = ask(app, f"/api/diff/{first}/{second}")
    assert "s3cr3t" not in found.text and "$MY_API_KEY" in found.text
    past.build(second, "total", {"<b>raw</b>": RAW}, rows="'s3cr3t-value'")
    for path in ("/stage/total", "/api/origins?path=total"):
        text = ask(app, path).text
        assert "s3cr3t" not in text and "$MY_API_KEY" in text
    page = ask(app, "/stage/total").text
    assert "&lt;b&gt;raw&lt;/b&gt;" in page and "<b>raw" not in page


# What differs ----------------------------------------------------------------------------


def test_two_runs_are_compared(past: Builds, tmp_path: Path) -> None:
    first = past.run()
    past.build(first, "same", {"raw": RAW})
    past.build(first, "total", {"raw": RAW})
    second = past.run()
    past.build(second, "total", {"raw": "6" * 64}, rows="4")
    found = ask(app_of(site(tmp_path)), f"/api/diff/{first}/{second}").json()
    assert [one["run"] for one in found["runs"]] == [first, second]
    assert (found["version"], found["truncated"]) == (1, False)
    (stage,) = found["stages"]
    assert stage["stage"] == "total"
    assert stage["arguments"] == [{"name": "rows", "before": "3", "after": "4"}]
    assert stage["inputs"] == [{"name": "raw", "before": RAW, "after": "6" * 64}]


def test_many_differences_are_cut_and_too_many_attempts_refused(
    past: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = past.run(), past.run()
    for n in range(bounded.MOST_ENTRIES + 1):
        past.attempt(second, f"s{n}")
    app, path = app_of(site(tmp_path)), f"/api/diff/{first}/{second}"
    found = ask(app, path).json()
    assert found["truncated"] and len(found["stages"]) == bounded.MOST_ENTRIES
    monkeypatch.setattr(run_comparison, "MOST_ATTEMPTS", bounded.MOST_ENTRIES)
    refused = ask(app, path)
    assert refused.status_code == 400
    assert f"type `doit diff {first} {second}`" in refused.json()["error"]


def test_a_difference_is_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_IN_ALL", 100)
    bounds = bounded.Bounds()
    told = {"names": ["x" * 30] * 10, "last": "y" * 30, "count": 3}
    assert bounds.within(told) == {
        "names": [*["x" * 30] * 3, "x" * 10 + "…"],
        "last": "…",
        "count": 3,
    }
    assert bounds.exceeded
    within = bounded.Bounds()
    assert within.within(["x" * 90, 1]) == ["x" * 90, 1] and not within.exceeded


def test_a_page_shows_what_differs(past: Builds, tmp_path: Path) -> None:
    first = past.run()
    past.build(first, "total", {"<b>raw</b>": RAW})
    past.attempt(first, "check", AttemptState.FAILED, failure="<b>no</b>\nmore")
    second = past.run("doit <script>")
    past.build(second, "total", {"<b>raw</b>": "6" * 64}, rows="'<i>4</i>'")
    past.attempt(second, "check")
    past.attempt(second, "<b>new</b>")
    app = app_of(site(tmp_path))
    page = ask(app, f"/diff/{first}/{second}").text
    for words in (
        "argument changed",
        "input changed",
        "&lt;b&gt;raw&lt;/b&gt;",
        f"<code>{RAW[:12]}</code>",
        "<code>666666666666</code>",
        "&#39;&lt;i&gt;4&lt;/i&gt;&#39;",
        f"only in run {second}",
        "&lt;b&gt;no&lt;/b&gt;",
        "doit &lt;script&gt;",
    ):
        assert words in page, words
    assert not any(markup in page for markup in ("<b>", "<i>4", "<script>", "more than a page"))
    assert "No difference." in ask(app, f"/diff/{second}/{second}").text
    chosen = ask(app, f"/diff?from={first}&to={second}")
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/diff/{first}/{second}")


def test_a_run_leads_to_what_differs_from_others(past: Builds, tmp_path: Path) -> None:
    runs = [past.run() for _ in range(3)]
    app = app_of(site(tmp_path))
    page = ask(app, f"/run/{runs[2]}").text
    assert f'href="/diff/{runs[1]}/{runs[2]}"' in page
    assert f'<option value="{runs[0]}">' in page and f'<option value="{runs[2]}">' not in page
    alone = ask(app, f"/run/{runs[0]}").text
    assert 'value=""' in alone and "the run before" not in alone


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/diff/1/99", 404),
        ("/diff/1/x", 404),
        ("/diff", 400),
        ("/diff?from=1", 400),
        ("/diff?from=x&to=1", 400),
        ("/diff?from=//evil.example&to=1", 400),
    ],
)
def test_what_can_not_be_compared_is_said_on_a_page(
    past: Builds, tmp_path: Path, path: str, status: int
) -> None:
    past.run()
    answer = ask(app_of(site(tmp_path)), path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/diff/1/99", "/api/diff/99/1", f"/api/diff/1/{10**30}"])
def test_a_run_that_is_not_there_is_compared_with_none(
    past: Builds, tmp_path: Path, path: str
) -> None:
    past.run()
    assert ask(app_of(site(tmp_path)), path).status_code == 404
    assert ask(app_of(site(tmp_path)), "/api/diff/1/x").status_code == 404


def test_sub_tasks_that_differ_alike_are_one_and_long_lists_open(
    past: Builds, tmp_path: Path
) -> None:
    first = past.run()
    for n in range(20):
        past.build(first, f"part:{n}", {f"raw{n}": RAW})
    past.build(first, "total", {f"part{n}": RAW for n in range(30)})
    second = past.run()
    for n in range(20):
        past.build(second, f"part:{n}", {f"raw{n}": "6" * 64}, rows="4" if n < 15 else "3")
    past.build(second, "total", {f"part{n}": "6" * 64 for n in range(30)})
    page = ask(app_of(site(tmp_path)), f"/diff/{first}/{second}").text
    assert page.count("15 sub-tasks that differ alike") == 1
    assert page.count("<h2 id=") == 2 + 1 + 5 + 1  # both runs, the group, the others
    assert page.count("<summary>10 changes more</summary>") == 1
    assert page.count("<code>raw7</code>") == 1


def test_changes_are_told_as_entries() -> None:
    change = {"name": "x", "before": None, "after": "f" * 64}
    stage = {
        "stage": "a",
        "before": None,
        "after": {"state": "built"},
        "parameters": {"before": "n=1", "after": ""},
        "code": [{"name": "f", "before": "1", "after": None, "diff": ""}],
        "arguments": [change],
        "inputs": [change],
        "outputs": [],
    }
    assert entries(stage) == [
        Entry("parameters", "", "n=1", ""),
        Entry("action removed", "f"),
        Entry("argument added", "x", None, "f" * 64),
        Entry("input added", "x", None, "f" * 12),
    ]
    assert [row.task for row in differing([{**stage, "stage": f"a:{n}"} for n in range(30)])] == [
        "a"
    ]
