"""doit stays doit: values that go from task to task with getargs, result_dep and calc_dep."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


def test_getargs_hands_values_on_and_a_changed_value_makes_stale(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.action import CmdAction

        def count():
            note("count")
            words = pathlib.Path("words.txt").read_text().split()
            return {"number": len(words), "words": words}

        def task_count():
            return {"actions": [count], "file_dep": ["words.txt"]}

        def task_shell():
            return {"actions": [CmdAction("echo from shell", save_out="text")],
                    "file_dep": ["dodo.py"]}

        def task_python():
            return {"actions": [lambda number, text: note(f"{number}-{text.strip()[:4]}")],
                    "getargs": {"number": ("count", "number"), "text": ("shell", "text")}}

        def task_command():
            return {"actions": ["echo command-%(number)s >> ran.log"],
                    "getargs": {"number": ("count", "number")}}

        def task_all_of_it():
            return {"actions": [lambda values: note("all-" + "-".join(sorted(values)))],
                    "getargs": {"values": ("count", None)}}
        """
    )
    both.write("words.txt", "one two")
    assert sorted(both.doit()) == ["2-from", "all-number-words", "command-2", "count"]
    assert both.doit() == []
    both.write("words.txt", "three four")
    assert sorted(both.doit()) == ["2-from", "all-number-words", "command-2", "count"]
    both.write("words.txt", "one two three")
    assert sorted(both.doit("command")) == []
    assert sorted(both.doit("count", "command")) == ["command-3", "count"]
    assert sorted(both.doit()) == ["3-from", "all-number-words"]


def test_getargs_from_a_group_is_a_dict_of_its_sub_tasks(both: SideBySide) -> None:
    both.dodo(
        """
        def measure(name):
            note(name)
            return {"size": len(pathlib.Path(name + ".txt").read_text())}

        def task_measure():
            for name in ("a", "b"):
                yield {"name": name, "file_dep": [name + ".txt"], "actions": [(measure, [name])]}

        def report(sizes, everything):
            note("report-" + "-".join(f"{k}{v}" for k, v in sorted(sizes.items())))
            assert everything["a"] == {"size": sizes["a"]}

        def task_report():
            return {"actions": [report],
                    "getargs": {"sizes": ("measure", "size"), "everything": ("measure", None)}}
        """
    )
    both.write("a.txt", "1")
    both.write("b.txt", "22")
    assert sorted(both.doit()) == ["a", "b", "report-a1-b2"]
    both.write("b.txt", "333")
    assert sorted(both.doit()) == ["b", "report-a1-b3"]
    assert both.doit() == []


def test_getargs_of_a_setup_task_is_no_reason_to_run(both: SideBySide) -> None:
    both.dodo(
        """
        def start():
            note("start")
            return {"port": 80 + len(pathlib.Path("ran.log").read_text())}

        def task_server():
            return {"actions": [start]}

        def task_client():
            return {"actions": [lambda port: note("client")], "setup": ["server"],
                    "getargs": {"port": ("server", "port")}, "file_dep": ["in.txt"]}

        DOIT_CONFIG = {"default_tasks": ["client"]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit() == ["start", "client"]
    assert both.doit() == []
    both.write("in.txt", "2")
    assert both.doit() == ["start", "client"]


@pytest.mark.parametrize(
    ("returned", "key", "words"),
    [
        ("{'other': 1}", "number", "task source has saved no value 'number'"),
        ("None", "number", "task source has saved no value 'number'"),
    ],
)
def test_getargs_of_a_value_that_was_not_saved_fails_with_the_names(
    project: Project, returned: str, key: str, words: str
) -> None:
    project.dodo(
        f"""
        def task_source():
            return {{"actions": [lambda: {returned}]}}

        def task_sink():
            return {{"actions": [lambda n: note("sink")], "getargs": {{"n": ("source", "{key}")}}}}
        """
    )
    assert words in project.doit(code=2)
    assert project.ran() == []


def test_getargs_that_is_no_pair_is_refused_before_anything_runs(both: SideBySide) -> None:
    both.dodo(
        """
        def task_first():
            return {"actions": [(note, ["first"])]}

        def task_wrong():
            return {"actions": [lambda n: None], "getargs": {"n": "first"}}
        """
    )
    assert both.doit(code=3) == []


def test_result_dep_follows_the_result_of_a_task_and_of_a_group(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.tools import result_dep

        def version(name):
            note(name)
            return pathlib.Path(name + ".txt").read_text().split("#")[0]

        def task_version():
            return {"actions": [(version, ["v"])]}

        def task_parts():
            for name in "ab":
                yield {"name": name, "actions": [(version, [name])], "file_dep": [name + ".txt"]}

        def task_send():
            return {"actions": [(note, ["send"])], "uptodate": [result_dep("version")]}

        def task_pack():
            return {"actions": [(note, ["pack"])], "uptodate": [result_dep("parts")]}

        DOIT_CONFIG = {"default_tasks": ["send", "pack"]}
        """
    )
    for name in "vab":
        both.write(f"{name}.txt", "1 # as it began")
    assert sorted(both.doit()) == ["a", "b", "pack", "send", "v"]
    assert both.doit() == ["v"]
    for name in "va":
        both.write(f"{name}.txt", "1 # another remark")
    assert sorted(both.doit()) == ["a", "v"]
    for name in "vb":
        both.write(f"{name}.txt", "2")
    assert sorted(both.doit()) == ["b", "pack", "send", "v"]
    assert both.doit() == ["v"]


CALCULATED = """
    def find_includes(dependencies):
        note("find")
        lines = pathlib.Path(dependencies[0]).read_text().split()
        return {"file_dep": lines}

    def task_includes():
        return {"actions": [find_includes], "file_dep": ["main.c"]}

    def compile_it(dependencies, targets):
        note("compile")
        text = "".join(pathlib.Path(name).read_text() for name in sorted(dependencies))
        pathlib.Path(targets[0]).write_text(text)

    def task_compile():
        return {"actions": [compile_it], "file_dep": ["main.c"], "targets": ["main.o"],
                "calc_dep": ["includes"]}

    def generate(targets):
        note("generate")
        pathlib.Path(targets[0]).write_text(pathlib.Path("b.in").read_text())

    def task_header():
        return {"actions": [generate], "targets": ["b.h"], "file_dep": ["b.in"]}

    DOIT_CONFIG = {"default_tasks": ["compile"]}
"""


def test_calc_dep_adds_inputs_and_the_tasks_that_make_them(both: SideBySide) -> None:
    both.dodo(CALCULATED)
    both.write("main.c", "a.h b.h")
    both.write("a.h", "1")
    both.write("b.in", "1")
    assert both.doit() == ["find", "generate", "compile"]
    assert both.doit() == []
    both.write("a.h", "2")
    assert both.doit() == ["compile"]
    both.write("b.in", "2")
    assert both.doit() == ["generate", "compile"]
    both.write("main.c", "a.h")
    assert both.doit() == ["find", "compile"]
    both.write("b.in", "3")
    assert both.doit() == []


def test_what_calc_dep_will_find_is_waited_for_in_a_plan(project: Project) -> None:
    """The plan goes by what was found the last time, until the finding task has run again."""
    project.dodo(CALCULATED)
    project.write("main.c", "a.h b.h")
    project.write("a.h", "1")
    project.write("b.in", "1")
    assert "run      compile  never built" in project.doit("run", "--dry-run")
    project.doit()
    assert "3 up to date" in project.doit("run", "--dry-run")
    assert project.doit("list", "-qs", "--template", "{status}{name}").out.split() == [
        "Ucompile",
        "Uheader",
        "Uincludes",
    ]
    project.write("b.in", "2")
    assert "maybe    compile  waits for header" in project.doit("run", "--dry-run")
    project.write("b.in", "1")
    (project.folder / "a.h").rename(project.folder / "c.h")
    project.write("main.c", "b.h c.h")
    said = project.doit("run", "--dry-run")
    assert "run      includes  input changed: main.c" in said
    assert "run      compile  input changed: main.c" in said
    project.ran()
    project.doit()
    assert project.ran() == ["find", "compile"]
    assert "input removed" not in said


def test_a_plan_says_waits_where_only_the_finding_task_is_stale(project: Project) -> None:
    project.dodo(
        """
        def find():
            note("find")
            return {"file_dep": pathlib.Path("names.txt").read_text().split()}

        def task_find():
            return {"actions": [find], "file_dep": ["names.txt"]}

        def task_use():
            return {"actions": [(note, ["use"])], "calc_dep": ["find"], "file_dep": ["use.txt"]}
        """
    )
    for name in ("use.txt", "a.txt", "b.txt"):
        project.write(name, name)
    project.write("names.txt", "a.txt b.txt")
    project.doit()
    assert project.ran() == ["find", "use"]
    project.write("names.txt", "a.txt  b.txt")
    assert "maybe    use  waits for find" in project.doit("run", "--dry-run")
    (project.folder / "b.txt").unlink()
    project.write("names.txt", "a.txt")
    assert "maybe    use  waits for find" in project.doit("run", "--dry-run")
    assert "W use" in project.doit("list", "-s")
    assert "waits for find" in project.doit("info", "use", code=1)
    project.doit()
    assert project.ran() == ["find", "use"]


def test_calc_dep_may_add_task_deps_uptodate_and_further_calc_deps(both: SideBySide) -> None:
    both.dodo(
        """
        from doit.tools import run_once

        def first():
            note("first")
            return {"calc_dep": ["second"], "task_dep": ["before"]}

        def second():
            note("second")
            return {"file_dep": ["in.txt"], "uptodate": [os.path.exists("flag")]}

        def task_use():
            return {"actions": [(note, ["use"])], "calc_dep": ["first"]}

        def task_first():
            return {"actions": [first], "uptodate": [run_once]}

        def task_second():
            return {"actions": [second]}

        def task_before():
            return {"actions": [(note, ["before"])]}

        DOIT_CONFIG = {"default_tasks": ["use"]}
        """
    )
    both.write("in.txt", "1")
    assert sorted(both.doit()) == ["before", "first", "second", "use"]
    assert sorted(both.doit()) == ["before", "second", "use"]
    both.write("flag", "")
    assert sorted(both.doit()) == ["before", "second"]


def test_values_that_a_later_run_asks_for_are_there_though_nothing_ran(both: SideBySide) -> None:
    both.dodo(
        """
        from doit import Globals

        def task_source():
            return {"actions": [lambda: {"n": 5}], "file_dep": ["in.txt"]}

        def task_ask():
            def ask():
                note("ask-%s" % Globals.dep_manager.get_value("source", "n"))
                note("ask-%s" % Globals.dep_manager.get_result("source")["n"])
            return {"actions": [ask], "task_dep": ["source"]}
        """
    )
    both.write("in.txt", "1")
    assert both.doit("ask") == ["ask-5", "ask-5"]
    assert both.doit("ask") == ["ask-5", "ask-5"]
    assert both.doit("source") == []
