"""What runs again after which change, and what does not."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Project

IN_2099 = 4_070_908_800
# Imported by Python when it starts: the clock is ten years ahead for all that is Python.
AHEAD_SECONDS = 10 * 365 * 86400
AHEAD = f"""
    import time

    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + {AHEAD_SECONDS}
    time.time_ns = lambda: now_ns() + {AHEAD_SECONDS} * 10**9
"""

DODO = """
    def split(dependencies, targets):
        note("split")
        words = pathlib.Path(dependencies[0]).read_text().split()
        pathlib.Path(targets[0]).write_text("\\n".join(words) + "\\n")

    def task_split():
        return {"file_dep": ["raw.txt"], "targets": ["words.txt"], "actions": [split]}

    def count(dependencies, targets):
        note("count")
        text = "".join(pathlib.Path(path).read_text() for path in dependencies)
        pathlib.Path(targets[0]).write_text(str(len(text.split())))

    def task_count():
        return {"file_dep": ["words.txt"], "targets": ["count.txt"], "actions": [count]}
"""


@pytest.fixture
def words(project: Project) -> Project:
    """raw.txt -> words.txt -> count.txt, built."""
    project.dodo(DODO)
    project.write("raw.txt", "one two\nthree\n")
    project.doit()
    assert project.ran() == ["split", "count"]
    assert project.read("count.txt") == "3"
    return project


def runs(project: Project, *arguments: str) -> list[str]:
    """The actions that the next doit runs; the one after that must run nothing."""
    project.doit(*arguments)
    ran = project.ran()
    project.doit(*arguments)
    assert project.ran() == []
    return ran


def set_time(path: Path, seconds: float) -> None:
    os.utime(path, (seconds, seconds))


def everything_below(folder: Path) -> dict[str, str | None]:
    """Each path below a folder with its text, None for a folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_text()
        for path in sorted(folder.rglob("*"))
    }


def test_nothing_or_only_times_changed_runs_nothing(words: Project) -> None:
    assert runs(words) == []
    for name in ("raw.txt", "words.txt", "count.txt"):
        set_time(words.folder / name, time.time() + 5)
    assert runs(words) == []


def test_a_changed_input_runs_all_that_it_reaches(words: Project) -> None:
    words.write("raw.txt", "one two three four\n")
    assert runs(words) == ["split", "count"]
    assert words.read("count.txt") == "4"


def test_a_change_that_leaves_the_intermediate_as_it_was_stops_there(words: Project) -> None:
    words.write("raw.txt", "one\ntwo\nthree\n\n")
    assert runs(words) == ["split"]


def test_other_content_of_the_same_size_and_time_is_a_change(words: Project) -> None:
    raw = words.folder / "raw.txt"
    before = raw.stat()
    words.write("raw.txt", "ONE TWO\nTHREE\n")
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert raw.stat().st_size == before.st_size
    assert runs(words) == ["split", "count"]


def test_an_input_replaced_by_an_older_file_is_a_change(words: Project) -> None:
    older = words.write("older.txt", "old words\n")
    set_time(older, 1_000_000_000)
    older.rename(words.folder / "raw.txt")
    assert runs(words) == ["split", "count"]


def test_times_in_the_future_change_nothing_and_hide_nothing(words: Project) -> None:
    raw = words.folder / "raw.txt"
    set_time(raw, IN_2099)
    assert runs(words) == []
    words.write("raw.txt", "only one more\nword\n")
    set_time(raw, IN_2099)
    assert runs(words) == ["split", "count"]


def test_a_deleted_target_is_made_again_and_what_reads_it_stays_fresh(words: Project) -> None:
    (words.folder / "count.txt").unlink()
    assert runs(words) == ["count"]
    (words.folder / "words.txt").unlink()
    assert runs(words) == ["split"]


def test_a_target_edited_by_hand_is_made_again(words: Project) -> None:
    words.write("count.txt", "99")
    assert runs(words) == ["count"]
    assert words.read("count.txt") == "3"
    words.write("words.txt", "edited\n")
    assert runs(words) == ["split"]
    assert words.read("words.txt") == "one\ntwo\nthree\n"


def test_an_input_added_renamed_and_removed(words: Project) -> None:
    words.write("more.txt", "four\n")
    words.dodo(
        DODO.replace('["words.txt"], "targets": ["c', '["words.txt", "more.txt"], "targets": ["c')
    )
    assert runs(words) == ["count"]
    (words.folder / "more.txt").rename(words.folder / "other.txt")
    words.dodo(
        DODO.replace('["words.txt"], "targets": ["c', '["words.txt", "other.txt"], "targets": ["c')
    )
    assert runs(words) == ["count"]
    words.dodo(DODO)
    assert runs(words) == ["count"]


def test_inputs_in_another_order_count_where_the_action_is_handed_them(project: Project) -> None:
    declared = """
        def join(ARGUMENTS):
            note("join")
            pathlib.Path("joined.txt").write_text("-".join(PATHS))

        def task_join():
            return {"file_dep": ORDER, "targets": ["joined.txt"], "actions": [join]}
    """
    project.write("a", "a")
    project.write("b", "b")
    for arguments, paths, again in (("dependencies", "dependencies", ["join"]), ("", "'ab'", [])):
        text = declared.replace("ARGUMENTS", arguments).replace("PATHS", paths)
        project.dodo(text.replace("ORDER", '["a", "b"]'))
        assert runs(project) == ["join"]
        assert project.read("joined.txt") == "a-b"
        project.dodo(text.replace("ORDER", '["b", "a"]'))
        assert runs(project) == again
        assert project.read("joined.txt") == "-".join("ba" if again else "ab")


def test_a_target_renamed_and_renamed_back(words: Project) -> None:
    words.dodo(DODO.replace("count.txt", "number.txt"))
    assert runs(words) == ["count"]
    assert words.read("number.txt") == words.read("count.txt") == "3"
    words.dodo(DODO)
    assert runs(words) == []


def test_a_stage_that_is_taken_out_and_put_back_is_as_fresh_as_its_files(words: Project) -> None:
    words.dodo(DODO.partition("def count")[0])
    assert runs(words) == []
    words.dodo(DODO)
    assert runs(words) == []
    words.dodo(DODO.partition("def count")[0])
    words.write("raw.txt", "one\n")
    assert runs(words) == ["split"]
    words.dodo(DODO)
    assert runs(words) == ["count"]


def test_always_runs_what_is_fresh_too(words: Project) -> None:
    words.doit("-a")
    assert words.ran() == ["split", "count"]
    words.doit("run", "-a", "-s", "count")
    assert words.ran() == ["count"]
    words.doit()
    assert words.ran() == []


# Code


def test_a_changed_body_runs_and_comments_docstrings_and_layout_do_not(words: Project) -> None:
    words.dodo(DODO.replace("str(len(text.split()))", "str(2 * len(text.split()))"))
    assert runs(words) == ["count"]
    assert words.read("count.txt") == "6"
    documented = DODO.replace("str(len(text.split()))", "str(2 * len(text.split()))").replace(
        'note("count")\n', '"""Count words."""  # all of them\n\n        note("count")\n'
    )
    words.dodo(documented)
    assert runs(words) == []


def test_a_function_that_the_action_calls_counts_wherever_it_is(words: Project) -> None:
    words.write("counting.py", "def number(text):\n    return len(text.split())\n")
    moved = DODO.replace("len(text.split())", "number(text)")
    words.dodo("from counting import number\n" + moved.replace("\n    ", "\n"))
    assert runs(words) == ["count"]
    words.write("counting.py", "def number(text):\n    return len(text.splitlines())\n")
    assert runs(words) == ["count"]
    words.write("counting.py", "def number(text):\n    return len(text.splitlines())  # lines\n")
    assert runs(words) == []


def test_a_changed_argument_runs_and_its_old_and_new_value_are_told(project: Project) -> None:
    dodo = """
        def write(targets, text, times):
            pathlib.Path(targets[0]).write_text(text * times)

        def task_write():
            return {"targets": ["a.txt"], "actions": [(write, [], {"text": "ab", "times": 2})]}
    """
    project.dodo(dodo)
    project.doit()
    project.dodo(dodo.replace('"times": 2', '"times": 3'))
    assert "argument changed: times 2 → 3" in project.doit("why", "write")
    assert "argument changed: times 2 → 3" in project.doit()
    assert project.read("a.txt") == "ababab"
    assert "1 up to date" in project.doit()


def test_a_changed_command_runs(project: Project) -> None:
    dodo = """
        def task_sort():
            return {"file_dep": ["raw.txt"], "targets": ["sorted.txt"],
                    "actions": ["sort %(dependencies)s > %(targets)s"]}
    """
    project.write("raw.txt", "b\na\n")
    project.dodo(dodo)
    project.doit()
    assert project.read("sorted.txt") == "a\nb\n"
    project.dodo(dodo.replace("sort %", "sort -r %"))
    said = project.doit("why", "sort")
    assert "action changed: command" in said
    assert "-sort raw.txt > sorted.txt" in said
    assert "+sort -r raw.txt > sorted.txt" in said
    project.doit()
    assert project.read("sorted.txt") == "b\na\n"


# Parameters


PARAMETERS = """
    def write(n, targets):
        note(f"write{n}")
        pathlib.Path(targets[0]).write_text(f"{n} {pathlib.Path('raw.txt').read_text()}")

    def task_write(n: int = 10):
        return {"file_dep": ["raw.txt"], "targets": [f"out_{n}.txt"], "actions": [(write, [n])]}
"""


def test_a_parameter_in_the_targets_name_keeps_each_value_fresh(project: Project) -> None:
    project.write("raw.txt", "raw")
    project.dodo(PARAMETERS)
    project.doit()
    project.doit("n=20")
    project.doit()
    assert project.ran() == ["write10", "write20"]
    # The input changes while only one of them is looked at.
    project.write("raw.txt", "RAW")
    project.doit("n=20")
    project.doit()
    project.doit("n=20")
    assert project.ran() == ["write20", "write10"]
    assert project.read("out_10.txt") == "10 RAW"


def test_a_parameter_that_is_not_in_the_targets_name_makes_it_anew(project: Project) -> None:
    project.write("raw.txt", "raw")
    project.dodo(PARAMETERS.replace("out_{n}", "out"))
    for arguments in ((), (), ("n=20",), ("n=20",), ("n=10",)):
        project.doit(*arguments)
    assert project.ran() == ["write10", "write20", "write10"]
    assert "argument changed: n 10 → 20" in project.doit("why", "write", "n=20")


# Kinds of input


def test_an_input_that_is_a_link_counts_as_what_it_points_to(words: Project) -> None:
    raw = words.folder / "raw.txt"
    raw.rename(words.folder / "real.txt")
    raw.symlink_to("real.txt")
    assert runs(words) == []
    words.write("real.txt", "a b c d e\n")
    assert runs(words) == ["split", "count"]
    words.write("another.txt", "a b c d e f\n")
    raw.unlink()
    raw.symlink_to("another.txt")
    assert runs(words) == ["split", "count"]


def test_an_input_that_is_a_folder_counts_with_all_below_it(project: Project) -> None:
    project.dodo(
        """
        def count(dependencies, targets):
            note("count")
            found = sorted(p.name for p in pathlib.Path(dependencies[0]).rglob("*"))
            pathlib.Path(targets[0]).write_text(" ".join(found))

        def task_count():
            return {"file_dep": ["pages"], "targets": ["names.txt"], "actions": [count]}
        """
    )
    project.write("pages/a", "1")
    project.write("pages/below/b", "2")
    assert runs(project) == ["count"]
    project.write("pages/below/b", "3")
    assert runs(project) == ["count"]
    project.write("pages/below/c", "")
    assert runs(project) == ["count"]
    (project.folder / "pages/a").rename(project.folder / "pages/z")
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b below c z"
    os.utime(project.folder / "pages/z")
    assert runs(project) == []
    (project.folder / "pages/z").unlink()
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b below c"
    (project.folder / "pages/below/empty").mkdir()
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b below c empty"
    set_time(project.folder / "pages/below/empty", 1_000_000_000)
    assert runs(project) == []
    (project.folder / "pages/below/empty").rename(project.folder / "pages/below/void")
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b below c void"
    (project.folder / "pages/below").rename(project.folder / "pages/under")
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b c under void"
    (project.folder / "pages/under/void").rmdir()
    assert runs(project) == ["count"]
    assert project.read("names.txt") == "b c under"
    os.utime(project.folder / "pages")
    assert runs(project) == []


def test_a_target_that_is_a_folder_counts_with_all_below_it(project: Project) -> None:
    project.dodo("""
        def split(dependencies, targets):
            note("split")
            for word in pathlib.Path(dependencies[0]).read_text().split():
                path = pathlib.Path(targets[0], "by_letter", word[0], word)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(word)
            pathlib.Path(targets[0], "empty").mkdir()

        def task_split():
            return {"file_dep": ["raw.txt"], "targets": ["words"], "actions": [split]}

        def task_index():
            return {"file_dep": ["words"], "targets": ["index.txt"],
                    "actions": [(note, ["index"]), "ls -R words > %(targets)s"]}
    """)
    project.write("raw.txt", "one two three\n")
    assert runs(project) == ["split", "index"]
    words = project.folder / "words"
    built = everything_below(words)
    assert built == {
        "by_letter": None, "by_letter/o": None, "by_letter/o/one": "one", "by_letter/t": None,
        "by_letter/t/three": "three", "by_letter/t/two": "two", "empty": None,
    }  # fmt: skip

    def removed_file() -> None:
        (words / "by_letter/t/two").unlink()

    def added_file() -> None:
        (words / "by_letter/t/ten").write_text("ten")

    def other_content() -> None:
        (words / "by_letter/o/one").write_text("eno")

    def removed_folder() -> None:
        (words / "empty").rmdir()

    def added_folder() -> None:
        (words / "by_letter/u").mkdir()

    def renamed_file() -> None:
        (words / "by_letter/t/two").rename(words / "by_letter/t/zwei")

    def moved_file() -> None:
        (words / "by_letter/t/two").rename(words / "by_letter/o/two")

    def exchanged_files() -> None:
        (words / "by_letter/t/two").rename(words / "between")
        (words / "by_letter/t/three").rename(words / "by_letter/t/two")
        (words / "between").rename(words / "by_letter/t/three")

    def renamed_empty_folder() -> None:
        (words / "empty").rename(words / "void")

    def renamed_full_folder() -> None:
        (words / "by_letter/t").rename(words / "by_letter/u")

    def removed_all() -> None:
        shutil.rmtree(words)

    for edit in (
        removed_file, added_file, other_content, removed_folder, added_folder, renamed_file,
        moved_file, exchanged_files, renamed_empty_folder, renamed_full_folder, removed_all,
    ):  # fmt: skip
        edit()
        # It is made again as it was, so that who reads it stays fresh.
        assert runs(project) == ["split"], edit
        assert everything_below(words) == built, edit


# Other ways to tell that a file changed


def configure(project: Project, line: str) -> None:
    text = project.read("pyproject.toml")
    project.write("pyproject.toml", text.replace("[tool.doit]\n", f"[tool.doit]\n{line}\n"))


def test_by_timestamp_a_touch_is_a_change_and_content_of_the_same_time_is_none(
    words: Project,
) -> None:
    configure(words, 'check_file_uptodate = "timestamp"')
    assert "checker changed: content → timestamp" in words.doit()
    assert words.ran() == ["split", "count"]
    assert runs(words) == []
    raw = words.folder / "raw.txt"
    before = raw.stat()
    words.write("raw.txt", "other words\n")
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert runs(words) == []
    set_time(raw, time.time() - 100)
    # By time alone, what is made again is new to what reads it.
    assert runs(words) == ["split", "count"]


def test_a_checker_class_of_the_dodo_decides(words: Project) -> None:
    words.dodo(
        DODO
        + """
    from doit.dependency import FileChangedChecker

    class BySize(FileChangedChecker):
        CheckerError = OSError

        def check_modified(self, file_path, file_stat, state):
            return file_stat.st_size != state

        def get_state(self, dep, current_state):
            return os.path.getsize(dep)

    DOIT_CONFIG = {"check_file_uptodate": BySize}
"""
    )
    assert "checker changed: content → BySize" in words.doit()
    assert words.ran() == ["split", "count"]
    words.write("raw.txt", "ONE TWO\nTHREE\n")
    assert runs(words) == []
    words.write("raw.txt", "one two\nthree four\n")
    assert runs(words) == ["split", "count"]


def test_times_centuries_away_are_times_too(project: Project) -> None:
    project.dodo("""
        def task_all():
            for name, file_dep in ("a", "raw.txt"), ("b", "a.txt"), ("tree", "folder"):
                yield {"basename": name, "file_dep": [file_dep], "targets": [f"{name}.txt"],
                       "actions": [(note, [name]), f"ls {file_dep} > %(targets)s"]}
    """)
    for path in (project.write("raw.txt", "1"), project.write("folder/raw.txt", "1")):
        for year in (-300, 400):
            when = year * 365 * 86400 * 10**9
            os.utime(path, ns=(when, when))
    project.doit()
    assert project.ran() == ["a", "b", "tree"]
    project.doit()
    assert project.ran() == []
    project.write("raw.txt", "2")
    project.write("folder/raw.txt", "2")
    project.doit()
    assert project.ran() == ["a", "tree"]


@pytest.mark.parametrize("first", ["ahead", "right"])
def test_a_clock_ten_years_ahead_and_right_again_hides_no_edit_and_makes_none(
    project: Project, first: str
) -> None:
    folder = project.write("ahead/sitecustomize.py", AHEAD).parent
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", str(ROOT))])
    clocks = [path, os.environ.get("PYTHONPATH", str(ROOT))]
    now, then = clocks if first == "ahead" else reversed(clocks)

    def runs_by(clock: str) -> list[str]:
        project.doit(PYTHONPATH=clock)
        return project.ran()

    write = "pathlib.Path(targets[0]).write_text(str(len(text.split())))"
    dodo = DODO.replace(write, f"{write}; os.utime(targets[0], 2 * (time.time(),))")
    project.dodo(dodo)
    project.write("raw.txt", "one two\nthree\n")
    assert runs_by(now) == ["split", "count"]
    built = os.path.getmtime(project.folder / "count.txt") - time.time()
    assert (built > AHEAD_SECONDS / 2) == (first == "ahead")
    assert runs_by(then) == runs_by(now) == runs_by(then) == []
    project.write("raw.txt", "ONE TWO\nTHREE\n")  # as long as it was
    assert runs_by(then) == ["split", "count"]
    project.write("raw.txt", "ONE\nTWO\nTHREE\n\n")
    assert runs_by(now) == ["split"]
    project.write("count.txt", "4")  # as long as it was
    assert runs_by(then) == ["count"]
    assert project.read("count.txt") == "3"
    project.dodo(dodo.replace("str(len(", "str(-len("))
    assert runs_by(now) == ["count"]
    assert project.read("count.txt") == "-3"
    assert runs_by(then) == runs_by(now) == []


def test_a_persons_file_whose_name_begins_like_datamakes_own_counts(project: Project) -> None:
    project.dodo("""
        def task_tree():
            return {"file_dep": ["folder"], "targets": ["tree.txt"],
                    "actions": [(note, ["tree"]), "cat folder/.datamakerc > %(targets)s"]}
    """)
    project.write("folder/.datamakerc", "1")
    project.doit()
    project.write("folder/.datamakerc", "2")
    project.doit()
    assert project.ran() == ["tree", "tree"]
    assert project.read("tree.txt") == "2"
