"""What is refused before anything runs, in a line that says what to mend."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project

HEAD = """
    def make(targets, dependencies):
        note(os.path.basename(targets[0]))
        pathlib.Path(targets[0]).write_text(targets[0])

    def task_first():
        return {"targets": ["first.txt"], "actions": [make]}
"""


def refused(project: Project, *arguments: str, folder: str = ".") -> str:
    """The one line with which doit refuses; no action ran."""
    said = project.doit(*arguments, code=3, folder=folder)
    assert project.ran() == []
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removeprefix("ERROR: ").removesuffix("\n")


def test_a_missing_input_is_named_with_its_stage_and_nothing_runs(project: Project) -> None:
    project.dodo(
        HEAD
        + """
    def task_second():
        return {"file_dep": ["first.txt", "raw.csv"], "targets": ["second.txt"],
                "actions": [make]}

    def task_third():
        return {"file_dep": ["second.txt"], "targets": ["third.txt"], "actions": [make]}
"""
    )
    message = "second needs raw.csv, which is not there, and no task makes it"
    for arguments in ([], ["third"], ["second", "first"], ["third.txt"], ["--dry-run"]):
        assert refused(project, *arguments) == message
    assert not project.exists("first.txt")
    # What does not need it runs.
    project.doit("first")
    assert project.ran() == ["first.txt"]
    assert "second cannot be built:\n  input missing: raw.csv" in project.doit("why", "second")
    assert "E second" in project.doit("list", "-s")
    project.write("raw.csv", "")
    project.doit()
    assert project.ran() == ["second.txt", "third.txt"]


def test_a_missing_input_of_a_task_without_targets_is_named_before_anything_runs(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_show():
            return {"file_dep": ["raw.csv"], "actions": [(note, ["show"])]}
        """
    )
    assert refused(project) == "show needs raw.csv, which is not there, and no task makes it"


def test_an_input_that_is_missing_when_its_turn_comes_is_told_in_the_same_words(
    project: Project,
) -> None:
    project.dodo(
        """
        def task_fetch():
            return {"actions": ["true"]}

        def task_read():
            return {"file_dep": ["raw.csv"], "targets": ["read.txt"], "actions": ["true"]}
        """
    )
    assert "\nread failed: read needs raw.csv, which is not there\n" in project.doit(code=2).out


def test_an_input_that_an_undeclared_maker_may_leave_is_waited_for(project: Project) -> None:
    project.dodo(
        """
        def task_fetch():
            return {"actions": ["echo fetched > raw.csv"]}

        def task_read():
            return {"file_dep": ["raw.csv"], "targets": ["out.txt"], "task_dep": ["fetch"],
                    "actions": ["cp %(dependencies)s %(targets)s"]}
        """
    )
    project.doit()
    assert project.read("out.txt") == "fetched\n"


def test_tasks_that_need_each_other_are_named_in_their_circle(project: Project) -> None:
    project.dodo(
        HEAD
        + """
    def task_a():
        return {"file_dep": ["b.txt", "first.txt"], "targets": ["a.txt"], "actions": [make]}

    def task_b():
        return {"file_dep": ["c.txt"], "targets": ["b.txt"], "actions": [make]}

    def task_c():
        return {"task_dep": ["a"], "targets": ["c.txt"], "actions": [make]}
"""
    )
    assert refused(project) == "tasks need each other in a circle: a → b → c → a"
    assert refused(project, "c") == "tasks need each other in a circle: c → a → b → c"
    project.doit("first")
    assert project.ran() == ["first.txt"]


@pytest.mark.parametrize("spelling", ["out/x.txt", "./out/x.txt", "out/../out//x.txt", "{here}"])
def test_a_target_with_two_makers_is_refused_however_it_is_spelled(
    project: Project, spelling: str
) -> None:
    spelling = spelling.format(here=project.folder / "out" / "x.txt")
    project.dodo(
        HEAD
        + f"""
    def task_one():
        return {{"targets": ["out/x.txt"], "actions": [make]}}

    def task_two():
        return {{"targets": [{spelling!r}], "actions": [make]}}
"""
    )
    message = "out/x.txt is a target of both one and two: give each task targets of its own"
    assert refused(project, "first") == message
    assert refused(project, "list") == message


def test_a_project_that_is_not_configured_is_told_what_to_add(project: Project) -> None:
    project.dodo(HEAD)
    project.write("pyproject.toml", "[project]\nname = 'x'\n")
    for arguments in ([], ["list"], ["first"], ["clean"]):
        message = refused(project, *arguments)
        assert message.startswith(f"{project.folder}/dodo.py uses datamake, which doit does not: ")
        assert 'add `loader = "datamake"` under [tool.doit]' in message


def test_without_the_table_of_commands_plain_doits_own_do_not_build(project: Project) -> None:
    project.dodo(HEAD)
    project.write("pyproject.toml", '[tool.doit]\nloader = "datamake"\n')
    for arguments, command in (
        ([], "run"),
        (["first"], "run"),
        (["list"], "list"),
        (["clean"], "clean"),
        (["forget"], "forget"),
        (["info", "first"], "info"),
    ):
        message = refused(project, *arguments)
        assert message.startswith(f"`doit {command}` is plain doit's: add")
        assert "[tool.doit.plugins.command]" in message
    # datamake's own verbs are there without being listed.
    assert "first is stale" in project.doit("why")
    assert not project.exists("first.txt")


@pytest.mark.parametrize("target", ["", ".", "./", "sub/..", "..", "../..", "/", "{here}", "{up}"])
def test_a_target_that_holds_the_whole_project_is_refused(project: Project, target: str) -> None:
    here = project.folder
    path = target.format(here=here, up=here.parent)
    project.write("notes.txt", "mine")
    project.dodo(f"""
        def task_a():
            return {{"targets": [pathlib.Path({path!r}) if {path!r} else ""],
                     "actions": ["echo hello"]}}
    """)
    for command in ("run", "list", "clean", "why a"):
        said = project.doit(*command.split(), code=3)
        assert "that is the folder with the whole project in it" in said.err
        assert len(said.err.splitlines()) == 1
    assert project.read("notes.txt") == "mine"


def test_a_link_to_the_project_is_no_target(project: Project) -> None:
    project.write("notes.txt", "mine")
    (project.folder / "link").symlink_to(project.folder)
    project.dodo("""
        def make(targets):
            pathlib.Path(targets[0]).mkdir(exist_ok=True)

        def task_a():
            return {"targets": ["link"], "actions": [make]}
    """)
    failed = project.doit(code=1)
    assert f"link leads to {project.folder}, the folder with the whole project in it" in failed.out
    assert project.read("notes.txt") == "mine"


def test_what_is_datamakes_own_is_no_target(project: Project) -> None:
    project.dodo("""
        def task_a():
            return {"targets": [".datamake/store.sqlite"], "actions": ["echo hello"]}
    """)
    assert "that folder is datamake's own" in project.doit(code=3).err


def test_one_file_with_two_makers_is_refused_behind_links_too(project: Project) -> None:
    (project.folder / "real" / "sub").mkdir(parents=True)
    (project.folder / "link").symlink_to("real")
    (project.folder / "other").symlink_to(project.folder / "link")
    text = """
        def task_all():
            yield {{"basename": "a", "targets": ["real/sub/a.txt"], "actions": ["echo a"]}}
            yield {{"basename": "b", "targets": ["{folder}/sub/a.txt"], "actions": ["echo b"]}}
    """
    for folder in ("link", "other"):
        project.dodo(text.format(folder=folder))
        refused = project.doit(code=3)
        assert f"{folder}/sub/a.txt is a target of both a and b" in refused.err


def test_links_that_lead_to_themselves_hold_nobody_up(project: Project) -> None:
    for name in ("in.txt", "out.txt", "tasks"):
        (project.folder / name).symlink_to(name)
    project.dodo("""
        def task_a():
            return {"targets": ["out.txt"], "actions": ["echo a > %(targets)s"]}
    """)
    project.doit()
    assert project.read("out.txt") == "a\n"
    project.dodo("""
        def task_a():
            return {"file_dep": ["in.txt"], "targets": ["out.txt"], "actions": ["date"]}
    """)
    assert "a needs in.txt, which is not there" in project.doit(code=3).err


@pytest.mark.parametrize(
    "words", ["run", "run --dry-run", "why", "why a", "list -s", "accept a", "graph"]
)
def test_a_circle_is_one_line_whatever_is_asked(project: Project, words: str) -> None:
    project.dodo(
        """
        def task_a():
            return {"actions": [(note, ["a"])], "task_dep": ["b", "c"]}

        def task_b():
            return {"actions": [(note, ["b"])], "task_dep": ["c"]}

        def task_c():
            return {"actions": [(note, ["c"])], "task_dep": ["b"]}
        """
    )
    assert refused(project, *words.split()) == "tasks need each other in a circle: b → c → b"


def test_a_circle_that_a_calc_dep_closes_is_the_same_line(project: Project) -> None:
    project.dodo(
        """
        def task_find():
            return {"actions": [lambda: {"task_dep": ["b"]}]}

        def task_a():
            return {"actions": [(note, ["a"])], "calc_dep": ["find"]}

        def task_b():
            return {"actions": [(note, ["b"])], "task_dep": ["a"]}

        DOIT_CONFIG = {"default_tasks": ["a"]}
        """
    )
    assert "error: tasks need each other in a circle: a → b → a\n" in project.doit(code=2).out
    assert project.ran() == []


@pytest.mark.parametrize(
    ("dodo", "said"),
    [
        ("import lib.x", "dodo.py called sys.exit() while it was loaded: lib/x.py:2, in <module>"),
        ("raise SystemExit(0)", "dodo.py called sys.exit(0) while it was loaded: dodo.py:"),
        (
            "def task_a():\n    sys.exit('no')",
            "a creator of tasks called sys.exit('no') while it was loaded: dodo.py:",
        ),
    ],
)
def test_code_that_ends_doit_while_it_is_loaded_is_no_success(
    project: Project, dodo: str, said: str
) -> None:
    project.write("lib/x.py", "import sys\nsys.exit()\n")
    project.dodo(dodo)
    for command in ((), ("list",), ("-n", "2")):
        answer = project.doit(*command, code=3)
        assert answer.out == ""
        assert answer.err.startswith(f"ERROR: {said}")
        assert answer.err.count("\n") == 1


@pytest.mark.parametrize("more", [[], ["targets"]])
def test_an_input_without_a_name_is_refused(project: Project, more: list[str]) -> None:
    project.dodo(f"""
        def task_a():
            return {{**dict.fromkeys({more}, ["a.txt"]), "file_dep": [os.environ.get("NONE", "")],
                    "actions": ["touch a.txt"]}}
    """)
    for command in ((), ("-n", "2"), ("run", "--dry-run")):
        assert refused(project, *command) == "a has an empty name in its file_dep"
    assert project.files() == []


@pytest.mark.parametrize("field", ["targets", "file_dep"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_path_with_a_null_byte_names_its_task(
    project: Project, field: str, workers: tuple[str, ...]
) -> None:
    project.dodo(f"""
        def task_first():
            return {{"targets": ["first.txt"], "actions": ["touch first.txt"]}}

        def task_a():
            return {{{field!r}: ["a\\0b"], "actions": [(note, ["a"])]}}
    """)
    what = f"a has a null byte in its {field}, which no path can have: 'a\\x00b'"
    for command in (workers, ("list", "-s"), ("why", "a")):
        assert project.doit(*command, code=3).err == f"ERROR: {what}\n"
    assert project.files() == []
