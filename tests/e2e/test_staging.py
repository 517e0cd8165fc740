"""Where actions write: beside the target, so that half a file never has its name."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

HANDED = """
    import functools
    from collections import namedtuple
    from doit.action import CmdAction

    Where = namedtuple("Where", "out number")

    def staged(path):
        assert ".datamake-" in str(path), path
        return pathlib.Path(path)

    def through_targets(targets):
        staged(targets[0]).write_text("targets")
        staged(targets[1]).write_text("second")

    def through_task(task):
        staged(task.targets[0]).write_text("task")

    def through_positional(path, text):
        staged(path).write_text(text)

    def through_keyword(*, where):
        assert isinstance(where, pathlib.Path)
        staged(where).write_text("keyword")

    def through_containers(some, pairs, both, record):
        staged(some[0][0]).write_text("list")
        staged(pairs["out"]["path"]).write_text("dict")
        staged(next(iter(both))).write_text("set")
        staged(record.out).write_text("record")

    def through_option(out):
        staged(out).write_text("option")

    def task_targets():
        return {"targets": ["far/away/a.txt", "b.txt"], "actions": [through_targets]}

    def task_task():
        return {"targets": ["task.txt"], "actions": [through_task]}

    def task_positional():
        return {
            "targets": ["far/positional.txt"],
            "actions": [(through_positional, ["./far/positional.txt", "positional"])],
        }

    def task_keyword():
        return {
            "targets": ["keyword.txt"],
            "actions": [(through_keyword, [], {"where": pathlib.Path("keyword.txt")})],
        }

    def task_containers():
        names = [f"in_{name}.txt" for name in ("list", "dict", "set", "record")]
        arguments = [[(names[0],)], {"out": {"path": names[1]}}, {names[2]}, Where(names[3], 1)]
        return {"targets": names, "actions": [(through_containers, arguments)]}

    def task_partial():
        function = functools.partial(through_positional, "partial.txt", text="partial")
        return {"targets": ["partial.txt"], "actions": [function]}

    def task_option():
        return {
            "targets": ["option.txt"],
            "actions": [through_option],
            "params": [{"name": "out", "default": "option.txt"}],
        }

    def task_words():
        return {
            "file_dep": ["raw.txt"],
            "targets": ["list.txt"],
            "actions": [["cp", pathlib.Path("raw.txt"), pathlib.Path("list.txt")]],
        }

    def task_environment():
        environment = {**os.environ, "OUT": "environment.txt"}
        return {
            "targets": ["environment.txt"],
            "actions": [CmdAction("echo $OUT > $OUT", env=environment)],
        }
"""


def test_however_a_target_is_handed_to_an_action_it_is_written_beside(project: Project) -> None:
    project.write("raw.txt", "raw")
    project.dodo(HANDED)
    project.doit()
    assert project.files() == [
        "b.txt", "environment.txt", "far/away/a.txt", "far/positional.txt", "in_dict.txt",
        "in_list.txt", "in_record.txt", "in_set.txt", "keyword.txt", "list.txt", "option.txt",
        "partial.txt", "raw.txt", "task.txt",
    ]  # fmt: skip
    assert project.read("far/away/a.txt") == "targets"
    assert ".datamake-" in project.read("environment.txt")
    assert project.read("in_set.txt") == "set"
    assert "9 up to date" in project.doit().out
    assert staging_folders(project.folder) == []


@pytest.mark.parametrize(("formatting", "text"), [("old", "%(targets)s"), ("new", "{targets}")])
def test_a_command_text_is_handed_the_staged_path(
    project: Project, formatting: str, text: str
) -> None:
    project.dodo(f"""
        DOIT_CONFIG = {{"action_string_formatting": {formatting!r}}}

        def task_command():
            text = "echo {text} > {text}; cp raw.txt data/b.txt"
            return {{
                "file_dep": ["raw.txt"],
                "targets": ["data/a.txt"],
                "actions": ["echo {text} > {text}", "echo more >> {text}"],
            }}
    """)
    project.write("raw.txt", "raw")
    project.doit()
    assert project.read("data/a.txt").startswith("data/.datamake-")
    assert project.read("data/a.txt").endswith("more\n")
    assert "1 up to date" in project.doit().out


def test_both_ways_of_formatting_may_be_mixed(project: Project) -> None:
    project.dodo("""
        DOIT_CONFIG = {"action_string_formatting": "both"}

        def task_command():
            return {
                "targets": ["a.txt"],
                "actions": ["echo {targets} > %(targets)s"],
            }
    """)
    project.doit()
    assert project.read("a.txt").startswith(".datamake-")


NAMES = [
    "with space.txt",
    'it\'s "quoted".txt',
    "größe-表.txt",
    "new\nline.txt",
    "-dash.txt",
    "./dot/name.txt",
    "up/../and/down.txt",
    "a/same.txt",
    "b/same.txt",
    os.fsdecode(b"bytes\xff.txt"),
    "x" * 250 + ".txt",
]


def test_any_file_name_can_be_a_target(project: Project) -> None:
    absolute = str(project.folder / "absolute" / "name.txt")
    project.dodo(f"""
        def write(targets):
            for target in targets:
                pathlib.Path(target).write_bytes(os.fsencode(os.path.basename(target)))

        def task_names():
            for number, name in enumerate({[*NAMES, absolute]!r}):
                yield {{"name": str(number), "targets": [name], "actions": [write], "clean": True}}

        def task_together():
            names = [os.path.join("together", name) for name in {NAMES!r}]
            return {{"targets": names, "actions": [write], "clean": True}}
    """)
    for name in ("dot", "up", "and"):
        (project.folder / name).mkdir()
    strict = "utf-8:strict"  # what a terminal has
    built = project.doit(PYTHONIOENCODING=strict)
    assert "13 built" in built.out
    for name in (*NAMES, absolute, *(f"together/{name}" for name in NAMES)):
        path = os.path.normpath(project.folder / name)
        with open(path, "rb") as file:
            assert file.read() == os.fsencode(os.path.basename(path))
    assert "13 up to date" in project.doit(PYTHONIOENCODING=strict).out
    project.doit("clean", PYTHONIOENCODING=strict)
    assert project.files() == []
    assert sorted(path.name for path in project.folder.iterdir() if path.is_dir()) == [
        ".datamake", "__pycache__", "and", "dot", "up",
    ]  # fmt: skip


# How a command is told a target's name; what it writes is the path that it was handed.
COMMANDS = {
    "words": """["sh", "-c", 'printf %s "$1" > "$1"', "sh", name]""",
    "environment": """CmdAction(SHELL, env={**os.environ, "OUT": name})""",
    "function": """CmdAction(command)""",
    "between quotes": """'printf %%s "%(targets)s" > "%(targets)s"'""",
    "spelled out": """"printf %%s {0} > {0}".format(shlex.quote(name))""",
}


@pytest.mark.parametrize("way", COMMANDS)
def test_a_command_can_make_a_target_of_any_name(project: Project, way: str) -> None:
    # As anywhere, a name with a quote in it needs more than quotes around it.
    names = [name for name in NAMES if way != "between quotes" or '"' not in name]
    project.dodo(f"""
        import shlex
        from doit.action import CmdAction

        SHELL = 'printf %%s "$OUT" > "$OUT"'

        def command(targets):
            return shlex.join(["sh", "-c", 'printf %%s "$1" > "$1"', "sh", *targets])

        def task_names():
            for number, name in enumerate({names!r}):
                action = {COMMANDS[way]}
                yield {{"name": str(number), "targets": [name], "actions": [action],
                        "clean": True}}
    """)
    for name in ("dot", "up", "and"):
        (project.folder / name).mkdir()
    strict = "utf-8:strict"  # what a terminal has
    assert f"{len(names)} built" in project.doit(PYTHONIOENCODING=strict).out
    for name in names:
        handed = os.fsdecode(Path(os.path.normpath(project.folder / name)).read_bytes())
        assert os.path.basename(handed) == os.path.basename(name)
        assert (".datamake-" in handed) == (way != "spelled out"), handed
    assert staging_folders(project.folder) == []
    assert f"{len(names)} up to date" in project.doit(PYTHONIOENCODING=strict).out
    project.doit("clean", PYTHONIOENCODING=strict)
    assert project.files() == []


# How an action is told the names of its inputs; it writes what they hold, one behind the other.
READERS = {
    "function": """read""",
    "words": """["sh", "-c", 'out="$1"; shift; cat -- "$@" > "$out"', "sh", out, *names]""",
}


@pytest.mark.parametrize("way", READERS)
def test_any_file_name_can_be_an_input(project: Project, way: str) -> None:
    names = [*NAMES, str(project.folder / "absolute name.txt")]
    project.dodo(f"""
        NAMES = {names!r}

        def read(dependencies, targets):
            text = "".join(pathlib.Path(path).read_text() for path in dependencies)
            pathlib.Path(targets[0]).write_text(text)

        def stage(label, out, names):
            return {{"name": label, "file_dep": names, "targets": [out],
                    "actions": [(note, [label]), {READERS[way]}]}}

        def task_read():
            for number, name in enumerate(NAMES):
                yield stage(str(number), f"out/{{number}}.txt", [name])
            yield stage("together", "out/together.txt", NAMES)
    """)
    paths = [Path(os.path.normpath(project.folder / name)) for name in names]
    for number, path in enumerate(paths):
        project.write(os.path.relpath(path, project.folder), f"old {number}\n")
    for name in ("dot", "up", "and"):
        (project.folder / name).mkdir(exist_ok=True)
    strict = "utf-8:strict"  # what a terminal has
    everything = [*map(str, range(len(names))), "together"]
    assert "13 built" in project.doit(PYTHONIOENCODING=strict).out
    assert project.ran() == everything
    assert "13 up to date" in project.doit(PYTHONIOENCODING=strict).out
    assert project.ran() == []
    texts = [f"old {number}\n" for number in range(len(names))]
    for start in (0, 1):
        changed = range(start, len(names), 2)
        for number in changed:
            texts[number] = f"new {number}\n"
            paths[number].write_text(texts[number])
        why = project.doit("why", "read:together", PYTHONIOENCODING=strict).out
        assert why.count("input changed: ") == len(changed)
        project.doit(PYTHONIOENCODING=strict)
        assert project.ran() == [*map(str, changed), "together"]
        assert [project.read(f"out/{number}.txt") for number in range(len(names))] == texts
        assert project.read("out/together.txt") == "".join(texts)
        assert "13 up to date" in project.doit(PYTHONIOENCODING=strict).out
        assert project.ran() == []


def test_a_half_written_target_is_not_seen_and_readers_have_the_last_good(
    project: Project,
) -> None:
    dodo(
        project,
        """
        def write(targets):
            with open(targets[0], "w") as file:
                file.write(turn() + " half")
                file.flush()
                pause("write")
                file.write(" whole")

        def task_a():
            return {"file_dep": ["turn"], "targets": ["data/a.txt"], "actions": [write]}
    """,
    )
    target = project.folder / "data" / "a.txt"
    for turn, seen in (("first", None), ("second", "first half whole")):
        project.write("turn", turn)
        process = project.start()
        wait_for_pause(project, "write")
        assert (target.read_text() if target.exists() else None) == seen
        go_on(project, "write")
        process.communicate(timeout=DEADLINE_SECONDS)
        assert target.read_text() == f"{turn} half whole"


def test_the_suffix_stays_so_that_pandas_compresses(project: Project) -> None:
    project.dodo("""
        def write(targets):
            import pandas as pd
            pd.DataFrame({"a": [1, 2]}).to_csv(targets[0], index=False)

        def task_table():
            return {"targets": ["data/table.csv.gz"], "actions": [write]}
    """)
    project.doit()
    assert gzip.decompress((project.folder / "data/table.csv.gz").read_bytes()) == b"a\n1\n2\n"


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("large_disk")
    project.write("turn", "one")
    (project.folder / "a.txt").symlink_to(elsewhere / "stored.txt")
    (project.folder / "same").mkdir()
    (project.folder / "same" / "a.txt").symlink_to(elsewhere / "other.txt")
    project.dodo("""
        def write(dependencies, targets):
            for target in targets:
                assert os.path.basename(target) == "a.txt"
                pathlib.Path(target).write_text(pathlib.Path(dependencies[0]).read_text())

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a.txt", "same/a.txt"], "actions": [write]}
    """)
    for turn in ("one", "two"):
        project.write("turn", turn)
        project.doit()
        assert (project.folder / "a.txt").is_symlink()
        assert (elsewhere / "stored.txt").read_text() == turn
        assert (elsewhere / "other.txt").read_text() == turn
    assert staging_folders(elsewhere) == []


def test_an_action_may_make_links_and_they_never_destroy_what_they_lead_to(
    project: Project,
) -> None:
    project.write("data/raw.txt", "raw")
    project.write("turn", "1")
    project.dodo("""
        def link(targets):
            os.symlink("raw.txt", targets[0])
            os.symlink(os.path.relpath("data/raw.txt", os.path.dirname(targets[1])), targets[1])

        def task_link():
            return {
                "file_dep": ["turn", "data/raw.txt"],
                "targets": ["data/latest.txt", "data/relative.txt"],
                "actions": [link],
            }

        def dangle(targets):
            os.symlink("nowhere.txt", targets[0])

        def task_dangling():
            return {"targets": ["dangling.txt"], "actions": [dangle]}
    """)
    for turn in ("1", "2"):
        project.write("turn", turn)
        project.doit("link")
        for name in ("latest", "relative"):
            link = project.folder / "data" / f"{name}.txt"
            assert os.readlink(link) == "raw.txt"
            assert link.read_text() == "raw"
        assert not (project.folder / "data/raw.txt").is_symlink()
        assert "1 up to date" in project.doit("link").out
    failed = project.doit("dangling", code=1)
    assert "dangling.txt was made as a link to nowhere.txt, which is not there" in failed.out
    assert not os.path.lexists(project.folder / "dangling.txt")


def test_a_folder_is_made_anew_each_time(project: Project) -> None:
    project.write("turn", "old")
    dodo(
        project,
        """
        def split(targets):
            os.makedirs(targets[0])
            for name in ("always.txt", turn() + ".txt"):
                pathlib.Path(targets[0], name).write_text(name)
            if turn() == "bad":
                raise ValueError("half way")

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["data/parts/"], "actions": [split]}
    """,
    )
    project.doit()
    assert project.files() == ["data/parts/always.txt", "data/parts/old.txt", "turn"]
    project.write("turn", "new")
    project.doit()
    assert project.files() == ["data/parts/always.txt", "data/parts/new.txt", "turn"]
    assert "1 up to date" in project.doit().out
    project.write("turn", "bad")
    assert "half way" in project.doit(code=2).out
    assert project.files() == ["data/parts/always.txt", "data/parts/new.txt", "turn"]
    assert project.exists(".datamake/failed/parts/data/parts/bad.txt")


@pytest.mark.parametrize("by_name", [False, True], ids=["staged", "by its own name"])
def test_a_folder_is_whole_after_a_failure_and_a_kill_with_nothing_old_inside(
    project: Project, by_name: bool
) -> None:
    target = '"data/parts"' if by_name else "targets[0]"
    dodo(
        project,
        f"""
        import shutil

        def split(targets):
            shutil.rmtree({target}, ignore_errors=True)
            os.mkdir({target})
            pathlib.Path({target}, "always.txt").write_text(turn())
            pathlib.Path({target}, turn() + ".txt").write_text(turn())
            if turn() == "killed":
                pause("split")
            if turn() == "failed":
                raise ValueError("half way")
            pathlib.Path({target}, "below").mkdir()
            pathlib.Path({target}, "below", turn() + ".txt").write_text(turn())

        def task_parts():
            return {{"file_dep": ["turn"], "targets": ["data/parts"], "actions": [split]}}

        def task_other():
            return {{"targets": ["other.txt"], "actions": ["echo > %(targets)s"]}}
    """,
    )

    def parts() -> dict[str, str]:
        return {
            name.removeprefix("data/parts/"): project.read(name)
            for name in project.files()
            if name.startswith("data/parts/")
        }

    def whole(turn: str) -> dict[str, str]:
        return dict.fromkeys(["always.txt", f"{turn}.txt", f"below/{turn}.txt"], turn)

    project.write("turn", "first")
    project.doit()
    assert parts() == whole("first")
    for trouble in ("failed", "killed"):
        good = parts()
        project.write("turn", trouble)
        if trouble == "failed":
            assert "half way" in project.doit(code=2).out
        else:
            project.kill_when((project.folder / "split.started").exists)
            (project.folder / "split.started").unlink()
            assert staging_folders(project.folder) != []
            project.doit("other")
        assert parts() == good
        assert staging_folders(project.folder) == []
        project.write("turn", f"after_{trouble}")
        assert "last attempt" in project.doit().out
        assert parts() == whole(f"after_{trouble}")
        assert "2 up to date" in project.doit().out


def test_a_folder_with_files_of_other_stages_is_written_in_place(project: Project) -> None:
    project.write("turn", "good")
    dodo(
        project,
        """
        def split(targets):
            os.makedirs(targets[0], exist_ok=True)
            pathlib.Path(targets[0], "part.txt").write_text(turn())
            if turn() == "bad":
                raise ValueError("half way")

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["data"], "actions": [split], "clean": True}

        def task_other():
            return {
                "task_dep": ["parts"],
                "targets": ["data/other.txt"],
                "actions": ["echo other > %(targets)s"],
            }
    """,
    )
    project.doit()
    project.write("data/mine.txt", "by hand")
    project.write("turn", "better")
    project.doit()
    assert project.files() == ["data/mine.txt", "data/other.txt", "data/part.txt", "turn"]
    project.write("turn", "bad")
    project.doit("parts", code=2)
    assert project.files() == ["data/mine.txt", "data/other.txt", "data/part.txt", "turn"]
    project.doit("clean", "--force", "parts")
    assert project.files() == ["data/mine.txt", "data/other.txt", "data/part.txt", "turn"]


def test_what_an_action_makes_beside_its_target_comes_too_and_is_said(project: Project) -> None:
    project.write("data/extra/mine.txt", "by hand")
    project.dodo("""
        def write(targets):
            pathlib.Path(targets[0]).write_text("table")
            pathlib.Path(targets[0] + ".log").write_text("log")
            folder = pathlib.Path(targets[0]).parent / "extra"
            folder.mkdir()
            (folder / "plot.txt").write_text("plot")
            return {"path": targets[0], "text": f"wrote {targets[0]}"}

        def task_table():
            return {"targets": ["data/table.txt"], "actions": [write]}

        def show(path, text):
            print(path, text)

        def task_show():
            return {
                "actions": [show],
                "getargs": {"path": ("table", "path"), "text": ("table", "text")},
                "verbosity": 2,
            }
    """)
    said = project.doit()
    assert "also wrote data/table.txt.log, which is not a declared target" in said.out
    assert project.files() == [
        "data/extra/mine.txt", "data/extra/plot.txt", "data/table.txt", "data/table.txt.log",
    ]  # fmt: skip
    assert "data/table.txt wrote data/table.txt" in said


def test_an_action_that_updates_starts_from_the_last_good_target(project: Project) -> None:
    project.dodo("""
        def add(targets, changed):
            with open(targets[0], "a") as file:
                file.write(" ".join(sorted(changed)) + "\\n")
            if "bad" in pathlib.Path("b").read_text():
                raise ValueError("half way")

        def task_journal():
            return {"file_dep": ["a", "b"], "targets": ["log.txt"], "actions": [add]}
    """)
    project.write("a", "1")
    project.write("b", "1")
    project.doit()
    project.write("b", "2")
    project.doit()
    assert project.read("log.txt") == "a b\nb\n"
    project.write("b", "bad")
    project.doit(code=2)
    assert project.read("log.txt") == "a b\nb\n"


def test_a_file_may_become_a_folder_and_a_folder_a_file(project: Project) -> None:
    dodo(
        project,
        """
        def write(targets):
            path = pathlib.Path(targets[0])
            if turn().startswith("folder"):
                path.mkdir()
                path = path / "in.txt"
            path.write_text(turn())

        def task_a():
            return {"file_dep": ["turn"], "targets": ["a"], "actions": [write]}
    """,
    )
    for turn in ("file", "folder", "folder again", "file again"):
        project.write("turn", turn)
        said = project.doit()
        path = project.folder / "a"
        assert (path / "in.txt" if path.is_dir() else path).read_text() == turn
        assert "kept" not in said.out
    assert staging_folders(project.folder) == []


def test_what_an_action_does_to_the_process_or_its_staging_folder_stays_with_it(
    project: Project,
) -> None:
    project.dodo("""
        import shutil

        def wander(targets):
            pathlib.Path(targets[0]).write_text("wandered")
            os.chdir("/")

        def task_1_wander():
            return {"targets": ["data/wander.txt"], "actions": [wander]}

        def tidy(targets):
            shutil.rmtree(os.path.dirname(targets[0]))

        def task_2_tidy():
            return {"targets": ["data/tidy.txt"], "actions": [tidy]}

        def start_anew(targets):
            tidy(targets)
            os.makedirs(os.path.dirname(targets[0]))
            pathlib.Path(targets[0]).write_text("anew")

        def task_3_anew():
            return {"targets": ["data/anew.txt"], "actions": [start_anew]}
    """)
    said = project.doit("-c", code=1)
    assert "2_tidy failed: the stage ended without making data/tidy.txt" in said.out
    assert project.files() == ["data/anew.txt", "data/wander.txt"]


def test_a_new_file_has_the_permissions_of_the_one_it_replaces(project: Project) -> None:
    dodo(
        project,
        """
        def write(targets):
            for target in targets:
                pathlib.Path(target).write_text(turn())
            os.chmod(targets[1], 0o755)

        def task_a():
            return {"file_dep": ["turn"], "targets": ["secret", "program"], "actions": [write]}
    """,
    )
    project.write("turn", "1")
    project.doit()
    (project.folder / "secret").chmod(0o600)
    project.write("turn", "2")
    project.doit()
    assert (project.folder / "secret").stat().st_mode & 0o777 == 0o600
    assert (project.folder / "program").stat().st_mode & 0o777 == 0o755


def test_a_device_is_written_to_and_never_replaced(project: Project) -> None:
    os.mkfifo(project.folder / "pipe")
    project.dodo("""
        def task_pipe():
            return {"targets": ["pipe"], "actions": ["echo through > %(targets)s & cat pipe; wait"]}
    """)
    project.doit()
    assert (project.folder / "pipe").is_fifo()


def test_a_large_file_is_never_copied_where_a_rename_will_do(project: Project) -> None:
    """Each target is a file with a hole of 20 GB, which no copy of could be made in time."""
    project.dodo("""
        def write(targets):
            with open(targets[0], "w") as file:
                file.truncate(20_000_000_000)

        def task_large():
            return {"targets": ["large.bin"], "actions": [write]}

        DOIT_CONFIG = {"check_file_uptodate": "timestamp"}
    """)
    started = time.monotonic()
    project.doit()
    project.doit("-a")
    assert time.monotonic() - started < 10
    assert (project.folder / "large.bin").stat().st_size == 20_000_000_000


def test_a_folder_with_files_of_other_stages_is_mended_after_a_failure(project: Project) -> None:
    project.write("turn", "good")
    project.write("data/raw.csv", "1")
    dodo(
        project,
        """
        def act(targets):
            note("begin")
            pathlib.Path(targets[0], "out.csv").write_text(turn())
            if turn() == "bad":
                raise ValueError("half way")
            while turn() == "slow":
                time.sleep(0.01)
            pathlib.Path(targets[0], "out2.csv").write_text(turn())

        def task_parts():
            return {"file_dep": ["turn", "data/raw.csv"], "targets": ["data"], "actions": [act]}
    """,
    )
    project.doit()
    good = {name: project.read(name) for name in project.files() if name != "turn"}
    project.write("turn", "bad")
    failed = project.doit(code=2)
    assert "unfinished target: .datamake/failed/" in failed.out
    assert {name: project.read(name) for name in good} == good
    project.write("turn", "slow")
    project.ran()
    project.kill_when(lambda: project.exists("ran.log") and project.read("data/out.csv") == "slow")
    project.write("turn", "bad")
    project.doit(code=2)
    assert {name: project.read(name) for name in good} == good
    project.write("turn", "good")
    project.doit()
    assert "1 up to date" in project.doit().out


@pytest.mark.parametrize("killed", [False, True], ids=["failed", "killed"])
def test_a_folder_is_put_back_around_what_others_made_in_it_meanwhile(
    project: Project, killed: bool
) -> None:
    project.write("turn", "good")
    project.write("other", "good")
    dodo(
        project,
        """
        def act(targets):
            os.makedirs(targets[0], exist_ok=True)
            pathlib.Path(targets[0], "part.csv").write_text(turn())
            if turn() == "bad":
                pathlib.Path(targets[0], "more.csv").write_text(turn())
                pause("parts")
                raise ValueError("half way")

        def task_parts():
            return {"file_dep": ["turn"], "targets": ["data"], "actions": [act]}

        def task_other():
            return {"file_dep": ["other"], "targets": ["data/below/other.csv"],
                    "actions": ["cp other %(targets)s"]}
    """,
    )
    project.doit()
    project.write("turn", "bad")
    process = project.start("parts")
    wait_for_pause(project, "parts")
    project.write("other", "new")
    assert "1 built" in project.doit("other")
    if killed:
        os.killpg(process.pid, signal.SIGKILL)
        (project.folder / "parts.started").unlink()
    else:
        go_on(project, "parts")
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == (-signal.SIGKILL if killed else 2)
    assert "1 up to date" in project.doit("other")
    made = {name: project.read(name) for name in project.files() if name.startswith("data/")}
    assert made == {"data/below/other.csv": "new", "data/part.csv": "good"}
    project.write("turn", "better")
    assert "1 built, 1 up to date" in project.doit()
    made = {name: project.read(name) for name in project.files() if name.startswith("data/")}
    assert made == {"data/below/other.csv": "new", "data/part.csv": "better"}
    assert staging_folders(project.folder) == []


def test_what_others_make_in_a_folder_is_no_part_of_it(project: Project) -> None:
    project.write("ra", "1")
    project.write("rb", "1")
    project.dodo("""
        def act(dependencies, targets):
            note("a")
            os.makedirs(targets[0], exist_ok=True)
            pathlib.Path(targets[0], "a.txt").write_text(pathlib.Path(dependencies[0]).read_text())

        def task_a():
            return {"file_dep": ["ra"], "targets": ["data"], "actions": [act]}

        def task_b():
            return {"file_dep": ["rb"], "targets": ["data/b.txt"], "task_dep": ["a"],
                    "actions": [(note, ["b"]), "cp rb %(targets)s"]}
    """)
    project.doit()
    assert project.ran() == ["a", "b"]
    project.doit()
    assert project.ran() == []
    project.write("rb", "2")
    project.doit()
    assert project.ran() == ["b"]
    project.doit()
    assert project.ran() == []
    project.write("data/a.txt", "edited")
    project.doit()
    assert project.ran() == ["a"]
    assert (project.read("data/a.txt"), project.read("data/b.txt")) == ("1", "2")


def test_a_folder_that_others_only_read_is_made_anew_each_time(project: Project) -> None:
    text = """
        def make(name, targets):
            os.makedirs(targets[0], exist_ok=True)
            for file in (name, "all.txt"):
                pathlib.Path(targets[0], file).write_text(name)

        def task_a():
            return {{"targets": ["data"], "actions": [(make, ["{name}"])]}}

        def task_b():
            return {{"file_dep": ["data/all.txt", "data/raw"], "targets": ["b.txt"],
                     "actions": ["cat data/all.txt data/raw/raw.csv > %(targets)s"]}}
    """
    project.write("data/raw/raw.csv", "-raw")
    project.write("data/notes.txt", "of a person")
    for name in ("one", "two", "three"):
        project.dodo(text.format(name=name))
        said = project.doit()
        made = ["b.txt", "data/all.txt", f"data/{name}", "data/raw/raw.csv"]
        assert project.files() == sorted(made)
        assert project.read("b.txt") == f"{name}-raw"
        assert ("was there before the first build" in said.out) == (name == "one")
    assert "2 up to date" in project.doit().out
    project.write("data/raw/raw.csv", "-newer")
    project.write("data/notes.txt", "of a person")
    said = project.doit()
    assert "data was edited by hand; that folder is kept as .datamake/kept/" in said.out
    assert project.read("b.txt") == "three-newer"
    assert not project.exists("data/notes.txt")
    shutil.rmtree(project.folder / "data")
    project.write("data", "by hand")
    text = text.replace(', "data/raw"', "").replace("data/raw/raw.csv", "")
    project.dodo(text.format(name="four"))
    assert "that file is kept as" in project.doit().out
    assert project.files() == ["b.txt", "data/all.txt", "data/four"]


def test_what_another_stage_makes_is_not_replaced_by_what_lies_beside(project: Project) -> None:
    project.dodo("""
        def one(targets):
            pathlib.Path(targets[0]).write_text("one")

        def other(targets):
            one(targets)
            pathlib.Path(targets[0]).with_name("one.txt").write_text("other")

        def task_one():
            return {"targets": ["out/one.txt"], "actions": [one]}

        def task_other():
            return {"targets": ["out/other.txt"], "actions": [other]}
    """)
    said = project.doit(code=1)
    line = "the stage wrote out/one.txt, which another stage makes: have each write its own targets"
    assert f"other failed: {line} alone\n" in said.out
    assert project.read("out/one.txt") == "one"
    assert not project.exists("out/other.txt")
