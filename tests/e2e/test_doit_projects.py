"""doit stays doit: whole dodo.py files, written for plain doit, over several days of work."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


COMPILED = """
    import glob

    DOIT_CONFIG = {"default_tasks": ["link"], "verbosity": 2}

    sources = {
        "main": ["defs.h"],
        "command": ["defs.h", "command.h"],
        "kbd": ["defs.h", "buffer.h"],
    }

    # A compiler without the compiling: it puts the files together.
    COMPILER = "cat %(dependencies)s > %(targets)s && echo compile-{name} >> ran.log"

    def task_link():
        "create binary program"
        objects = [f"build/{name}.o" for name in sources]
        return {
            "actions": ["cat %(dependencies)s > %(targets)s", "echo link >> ran.log"],
            "file_dep": objects,
            "targets": ["edit"],
            "clean": True,
        }

    def task_folder():
        return {"actions": ["mkdir -p build"], "targets": ["build"], "uptodate": [True]}

    def task_compile():
        "compile C files"
        for name, headers in sources.items():
            yield {
                "name": name,
                "actions": [COMPILER.format(name=name)],
                "file_dep": [f"{name}.c", *headers],
                "targets": [f"build/{name}.o"],
                "task_dep": [],
                "clean": True,
            }

    def task_install():
        def install():
            import shutil
            shutil.copy("edit", "installed")
            note("install")

        return {"actions": [install, "chmod +x installed"], "task_dep": ["link"],
                "file_dep": ["edit"], "targets": ["installed"]}

    def task_check():
        "the checks of the style, one after the other"
        for path in sorted(glob.glob("*.c")):
            yield {"name": path, "actions": [["grep", "-q", "int", path], "echo check >> ran.log"],
                   "file_dep": [path]}
"""


def compiled(*names: str) -> list[str]:
    return [f"compile-{name}" for name in names]


def test_a_program_of_several_files_and_headers(both: SideBySide) -> None:
    both.dodo(
        COMPILED.replace('"task_dep": []', '"setup": ["folder"]').replace(
            '"targets": ["build"], "uptodate": [True]',
            '"uptodate": [lambda: os.path.isdir("build")]',
        )
    )
    for name in ("main.c", "command.c", "kbd.c", "defs.h", "command.h", "buffer.h"):
        both.write(name, f"int {name}\n")
    assert sorted(both.doit()) == [*compiled("command", "kbd", "main"), "link"]
    assert both.doit() == []
    both.write("command.h", "int changed\n")
    assert both.doit() == [*compiled("command"), "link"]
    both.write("defs.h", "int changed\n")
    assert sorted(both.doit("compile")) == compiled("command", "kbd", "main")
    assert both.doit("install") == ["link", "install"]
    assert both.doit("check") == ["check"] * 3
    both.write("kbd.c", "void\n")
    assert both.doit("-c", "check", code=2) == []
    assert both.doit("install") == [*compiled("kbd"), "link", "install"]
    both.doit("clean", "-a")
    for project in (both.ours, both.plain):
        assert not project.exists("edit")
        assert not project.exists("build/main.o")
    assert sorted(both.doit("edit")) == [*compiled("command", "kbd", "main"), "link"]
    said = [p.read("edit") for p in (both.ours, both.plain)]
    assert sorted(said[0]) == sorted(said[1])


REPORT = """
    import json
    from doit.action import CmdAction
    from doit.tools import config_changed, result_dep, run_once

    SETTINGS = json.loads(pathlib.Path("settings.json").read_text())

    def fetch(targets):
        note("fetch")
        pathlib.Path(targets[0]).write_text(pathlib.Path("server.csv").read_text())

    def task_fetch():
        '''Get the table once.'''
        return {"actions": [fetch], "targets": ["raw.csv"], "uptodate": [run_once]}

    def split(dependencies):
        note("split")
        rows = [line.split(",") for line in pathlib.Path(dependencies[0]).read_text().split()]
        return {"cities": sorted({city for city, _ in rows}), "rows": len(rows)}

    def task_split():
        return {"actions": [split], "file_dep": ["raw.csv"]}

    def mean(dependencies, city):
        rows = [line.split(",") for line in pathlib.Path(dependencies[0]).read_text().split()]
        values = [float(value) for name, value in rows if name == city]
        note(f"mean-{city}")
        return {"mean": round(sum(values) / len(values), SETTINGS["digits"])}

    def task_mean():
        for city in ("Bern", "Graz"):
            yield {"name": city, "actions": [(mean, [], {"city": city})], "file_dep": ["raw.csv"],
                   "uptodate": [config_changed({"digits": SETTINGS["digits"]})]}

    def write(targets, means, rows):
        note("write")
        lines = [f"{city}: {value['mean']}" for city, value in sorted(means.items())]
        pathlib.Path(targets[0]).write_text("\\n".join([SETTINGS["title"], *lines, f"{rows} rows"]))

    def task_report():
        return {
            "actions": [write],
            "targets": ["report.txt"],
            "getargs": {"means": ("mean", None), "rows": ("split", "rows")},
            "uptodate": [config_changed(SETTINGS["title"])],
        }

    def task_version():
        return {"actions": [CmdAction("cat version.txt", save_out="version"),
                            "cat version.txt"]}

    def task_publish():
        def publish(version):
            note("publish-" + version.strip())

        return {
            "actions": [publish],
            "file_dep": ["report.txt"],
            "getargs": {"version": ("version", "version")},
            "uptodate": [result_dep("version")],
        }
"""


def test_a_report_of_values_that_tasks_hand_on(both: SideBySide) -> None:
    both.dodo(REPORT)
    both.write("server.csv", "Bern,1\nGraz,4\nBern,2\n")
    both.write("settings.json", '{"digits": 1, "title": "Means"}')
    both.write("version.txt", "1\n")
    means = ["mean-Bern", "mean-Graz"]
    assert sorted(both.doit()) == ["fetch", *means, "publish-1", "split", "write"]
    for project in (both.ours, both.plain):
        assert project.read("report.txt") == "Means\nBern: 1.5\nGraz: 4.0\n3 rows"
    assert both.doit() == []
    both.write("server.csv", "Bern,5\nGraz,4\n")
    assert both.doit() == []
    both.doit("forget", "fetch")
    assert sorted(both.doit()) == ["fetch", *means, "publish-1", "split", "write"]
    both.write("version.txt", "2\n")
    assert both.doit() == ["publish-2"]
    both.write("settings.json", '{"digits": 1, "title": "Averages"}')
    assert both.doit() == ["write", "publish-2"]
    for project in (both.ours, both.plain):
        assert project.read("report.txt").startswith("Averages\nBern: 5.0")


SITE = """
    from doit import create_after
    from doit.tools import create_folder

    def unpack():
        note("unpack")
        os.makedirs("pages", exist_ok=True)
        text = pathlib.Path("book.txt").read_text()
        for part in text.split("\\n\\n"):
            name, _, body = part.partition("\\n")
            pathlib.Path(f"pages/{name}.md").write_text(body)

    def task_unpack():
        return {"actions": [unpack], "file_dep": ["book.txt"]}

    def images_of(page):
        note(f"scan-{page.stem}")
        return {"file_dep": [w[1:] for w in page.read_text().split() if w.startswith("!")]}

    @create_after(executed="unpack", creates=["scan"])
    def task_scan():
        for page in sorted(pathlib.Path("pages").glob("*.md")):
            yield {"name": page.stem, "actions": [(images_of, [page])], "file_dep": [page]}

    def render(dependencies, targets):
        note("render-" + pathlib.Path(targets[0]).stem)
        text = "".join(pathlib.Path(name).read_text() for name in sorted(dependencies))
        pathlib.Path(targets[0]).write_text(f"<p>{text}</p>")

    @create_after(executed="scan", creates=["render"], target_regex=r"site/.*\\.html")
    def task_render():
        for page in sorted(pathlib.Path("pages").glob("*.md")):
            yield {
                "name": page.stem,
                "actions": [(create_folder, ["site"]), render],
                "file_dep": [page],
                "calc_dep": [f"scan:{page.stem}"],
                "targets": [pathlib.Path("site") / f"{page.stem}.html"],
            }

    @create_after(executed="render")
    def task_index():
        pages = sorted(str(path) for path in pathlib.Path("site").glob("*.html"))

        def write(targets):
            note("index-%d" % len(pages))
            pathlib.Path(targets[0]).write_text("\\n".join(pages))

        return {"actions": [write], "file_dep": pages, "targets": ["index.html"]}
"""


def test_a_site_whose_pages_and_pictures_are_known_only_later(both: SideBySide) -> None:
    both.dodo(SITE)
    both.write("book.txt", "one\nhello !cat.svg\n\ntwo\nbye")
    both.write("cat.svg", "cat")
    ran = both.doit()
    assert sorted(ran) == ["index-2", "render-one", "render-two", "scan-one", "scan-two", "unpack"]
    assert both.doit() == []
    both.write("cat.svg", "a better cat")
    assert both.doit() == ["render-one", "index-2"]
    both.write("book.txt", "one\nhello !cat.svg\n\ntwo\nbye !dog.svg\n\nthree\nmore")
    both.write("dog.svg", "dog")
    ran = both.doit()
    assert sorted(ran) == [
        "index-3",
        "render-three",
        "render-two",
        "scan-three",
        "scan-two",
        "unpack",
    ]
    both.write("dog.svg", "a better dog")
    assert both.doit("render:two") == ["render-two"]
    assert both.doit("index") == ["index-3"]
    for project in (both.ours, both.plain):
        assert project.read("site/two.html") == "<p>a better dogbye !dog.svg</p>"


def test_a_project_moves_from_plain_doit_to_datamake_and_back(both: SideBySide) -> None:
    """Nothing of doit's own records is read or touched; reset-dep takes over what is there."""
    both.dodo(REPORT)
    both.write("server.csv", "Bern,1\nGraz,4\n")
    both.write("settings.json", '{"digits": 1, "title": "Means"}')
    both.write("version.txt", "1\n")
    both.plain.doit()
    both.plain.ran()
    configured = both.ours.read("pyproject.toml")
    records = {p.name: p.read_bytes() for p in both.plain.folder.glob(".doit.db*")}
    assert records
    both.plain.write("pyproject.toml", configured)
    said = both.plain.doit()
    assert "never built" in said
    both.plain.doit()
    assert both.plain.ran().count("write") == 1
    assert records == {p.name: p.read_bytes() for p in both.plain.folder.glob(".doit.db*")}
    both.plain.write("pyproject.toml", "")
    both.plain.doit()
    assert "write" not in both.plain.ran()


def test_a_project_is_still_fresh_after_its_folder_was_moved(both: SideBySide) -> None:
    both.dodo(COMPILED)
    (both.ours.folder / "build").mkdir()
    for name in ("main.c", "command.c", "kbd.c", "defs.h", "command.h", "buffer.h"):
        both.ours.write(name, f"int {name}\n")
    both.ours.doit("link")
    assert len(both.ours.ran()) == 4
    moved = both.ours.folder.with_name("moved")
    shutil.move(both.ours.folder, moved)
    os.symlink(moved, both.ours.folder)
    assert "up to date" in both.ours.doit("link")
    assert both.ours.ran() == []
