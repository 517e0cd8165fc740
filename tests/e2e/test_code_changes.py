"""Every way in which code and the values that it uses change: just what they reach runs again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.looking import settle

# A stage a situation. Its output is a text that stands in the code once, `<situation> 1`.
DODO = '''
    import functools
    import lib.near
    from lib.middle import passed_on
    from lib.far import original as renamed

    LIMIT = "constant 1"
    TABLE = {}

    def put(targets, value):
        note(pathlib.Path(targets[0]).stem)
        pathlib.Path(targets[0]).write_text(value)

    def body(targets):
        """Write."""
        put(targets, "body 1")

    def helper():
        return "same_module 1"

    def same_module(targets):
        put(targets, helper())

    def imported(targets):
        put(targets, lib.near.clean())

    def two_imports_away(targets):
        put(targets, passed_on())

    def under_another_name(targets):
        put(targets, renamed())

    class Writer:
        def __init__(self, kind):
            self.kind = kind

        def text(self):
            return self.kind + " 1"

        def method(self, targets):
            put(targets, self.text())

    def default(targets, text="default 1"):
        put(targets, text)

    def constant(targets):
        put(targets, LIMIT)

    def partial(text, targets):
        put(targets, text)

    def decorated(function):
        def run(targets):
            put(targets, function() + "decorator 1")
        return run

    @decorated
    def decorator():
        return ""

    def make(text):
        def run(targets):
            put(targets, text)
        return run

    def registered(function):
        TABLE[function.__name__] = function
        return function

    @registered
    def entry():
        return "registry 1"

    def registry(targets):
        put(targets, TABLE["entry"]())

    ACTIONS = {
        "body": body,
        "same_module": same_module,
        "imported": imported,
        "two_imports_away": two_imports_away,
        "under_another_name": under_another_name,
        "method": Writer("method").method,
        "default": default,
        "constant": constant,
        "lambda": lambda targets: put(targets, "lambda 1"),
        "partial": functools.partial(partial, "partial 1"),
        "decorator": decorator,
        "closure": make("closure 1"),
        "registry": registry,
        "command": "echo command >> ran.log; echo -n 'command 1' > %(targets)s",
    }

    def task_each():
        for name, action in ACTIONS.items():
            yield {"name": name, "targets": [f"{name}.txt"], "actions": [action]}
'''
LIBRARY = {
    "lib/__init__.py": "",
    "lib/near.py": 'def clean():\n    return "imported 1"\n',
    "lib/middle.py": "from lib.far import passed_on\n",
    "lib/far.py": """
        def passed_on():
            return "two_imports_away 1"

        def original():
            return "under_another_name 1"
    """,
}
EDITS = {
    "body": ("dodo.py", '"body 1"', '"body 2"'),
    "same_module": ("dodo.py", '"same_module 1"', '"same_module 2"'),
    "imported": ("lib/near.py", '"imported 1"', '"imported 2"'),
    "two_imports_away": ("lib/far.py", '"two_imports_away 1"', '"two_imports_away 2"'),
    "under_another_name": ("lib/far.py", '"under_another_name 1"', '"under_another_name 2"'),
    "method": ("dodo.py", 'self.kind + " 1"', 'self.kind + " 2"'),
    "default": ("dodo.py", '"default 1"', '"default 2"'),
    "constant": ("dodo.py", '"constant 1"', '"constant 2"'),
    "lambda": ("dodo.py", '"lambda 1"', '"lambda 2"'),
    "partial": ("dodo.py", '"partial 1"', '"partial 2"'),
    "decorator": ("dodo.py", '"decorator 1"', '"decorator 2"'),
    "closure": ("dodo.py", '"closure 1"', '"closure 2"'),
    "registry": ("dodo.py", '"registry 1"', '"registry 2"'),
    "command": ("dodo.py", "'command 1'", "'command 2'"),
}
LOOKS = {
    "docstring": ("dodo.py", '"""Write."""', '"""Write what it is."""'),
    "comment": ("dodo.py", 'put(targets, "body 1")', 'put(targets, "body 1")  # so'),
    "layout": ("lib/near.py", 'return "imported 1"', 'return (\n        "imported 1"\n    )'),
    "lines above": ("lib/far.py", "def passed_on", "import os\n\n\ndef passed_on"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A stage for every situation, built. Who edits it undoes that."""
    project = Project(tmp_path_factory.mktemp("code"))
    for name, text in LIBRARY.items():
        project.write(name, text)
    project.dodo(DODO)
    project.doit()
    assert sorted(project.ran()) == sorted(EDITS)
    assert all(project.read(f"{name}.txt") == f"{name} 1" for name in EDITS)
    yield project


def edit(project: Project, name: str, before: str, after: str) -> None:
    text = project.read(name)
    assert text.count(before) == 1, (name, before)
    (project.folder / name).write_text(text.replace(before, after))


def ran(project: Project, **environment: str) -> list[str]:
    """The actions that the next doit runs; the one after that must run nothing."""
    project.doit(code=0, folder=".", **environment)
    names = project.ran()
    said = project.doit(code=0, folder=".", **environment)
    assert project.ran() == []
    assert "built  " not in said
    return names


@pytest.mark.parametrize("situation", EDITS)
def test_just_the_stage_runs_whose_code_changed(built: Project, situation: str) -> None:
    name, before, after = EDITS[situation]
    edit(built, name, before, after)
    built.doit()
    assert built.ran() == [situation]
    assert built.read(f"{situation}.txt") == f"{situation} 2"
    edit(built, name, after, before)
    built.doit()
    assert built.ran() == [situation]
    assert built.read(f"{situation}.txt") == f"{situation} 1"


def test_comments_docstrings_and_layout_run_nothing(built: Project) -> None:
    for name, before, after in LOOKS.values():
        edit(built, name, before, after)
    assert ran(built) == []
    for name, before, after in LOOKS.values():
        edit(built, name, after, before)
    assert ran(built) == []


COMPUTED = """
    import json
    CONFIG = json.loads(pathlib.Path("config.json").read_text())
    COUNT = int(os.environ.get("COUNT", "1"))
    HERE = os.path.dirname(os.path.abspath(__file__))
    DATA = pathlib.Path(__file__).resolve().parent / "data"
    KINDS = set(CONFIG["kinds"])

    class Model:
        rate = float(os.environ.get("RATE", "0.5"))

    def put(targets, *values):
        note(pathlib.Path(targets[0]).stem)
        pathlib.Path(targets[0]).write_text(" ".join(map(str, values)))

    def config(targets):
        put(targets, CONFIG["v"])

    def count(targets):
        put(targets, COUNT)

    def default(targets, n=COUNT):
        put(targets, n)

    def asked(targets, n=os.environ.get("ASKED", "5")):
        put(targets, n)

    def attribute(targets):
        put(targets, Model.rate)

    def folders(targets):
        put(targets, os.path.relpath(HERE), DATA.name, sorted(KINDS))

    def task_each():
        for action in (config, count, default, asked, attribute, folders):
            name = action.__name__
            yield {"name": name, "targets": [f"{name}.txt"], "actions": [action]}
"""


def configure(project: Project, **settings: object) -> None:
    settings = {"v": 1, "kinds": ["a", "b", "c"], **settings}
    project.write("config.json", json.dumps(settings))


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Stages that use what their module computed from a file or the environment, built.

    Who changes a value undoes that.
    """
    project = Project(tmp_path_factory.mktemp("computed"))
    project.dodo(COMPUTED)
    configure(project)
    assert len(ran(project)) == 6
    yield project


def test_a_value_read_from_a_file_is_a_part_of_the_code(computed: Project) -> None:
    configure(computed, v=2)
    why = computed.doit("why", "each:config")
    assert "action changed: dodo.py:CONFIG['v']" in why
    assert "-# CONFIG['v'] = 1" in why
    assert "+# CONFIG['v'] = 2" in why
    assert ran(computed) == ["config"]
    assert computed.read("config.txt") == "2"
    configure(computed, v=1)
    computed.doit()
    assert computed.ran() == ["config"]
    assert computed.read("config.txt") == "1"
    configure(computed, unused=1)
    assert ran(computed) == []
    configure(computed)


@pytest.mark.parametrize(
    ("name", "value", "stages", "reason", "old", "new"),
    [
        ("COUNT", "7", ["count", "default"], "COUNT", "COUNT = 1", "COUNT = 7"),
        ("ASKED", "6", ["asked"], "asked", "n = '5'", "n = '6'"),
        ("RATE", "2", ["attribute"], "Model", "Model.rate = 0.5", "Model.rate = 2.0"),
    ],
)
def test_a_value_from_the_environment_is_a_part_of_the_code(
    computed: Project, name: str, value: str, stages: list[str], reason: str, old: str, new: str
) -> None:
    why = computed.doit("why", f"each:{stages[0]}", code=0, folder=".", **{name: value})
    assert f"action changed: dodo.py:{reason}\n" in why
    assert f"\n-# {old}\n+# {new}\n" in why
    assert ran(computed, **{name: value}) == stages
    assert computed.read(f"{stages[-1]}.txt") == str(float(value) if name == "RATE" else value)
    computed.doit()
    assert computed.ran() == stages


def test_a_project_that_was_copied_is_up_to_date_in_every_process(
    computed: Project, tmp_path: Path
) -> None:
    copied = shutil.copytree(computed.folder, tmp_path / "another place")
    for seed in ("1", "2"):
        assert ran(Project(copied), PYTHONHASHSEED=seed) == []


def test_a_copy_of_a_project_that_names_its_files_from_the_root_is_up_to_date(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.dodo("""
        HERE = pathlib.Path(__file__).parent

        def copy(read, written):
            note("copy")
            pathlib.Path(written).write_text(read.read_text())

        def task_copy():
            files = HERE / "a.txt", HERE / "b.txt"
            return {"file_dep": files[:1], "targets": files[1:], "actions": [(copy, files)]}

        def task_command():
            return {
                "file_dep": [HERE / "b.txt"],
                "targets": [HERE / "c.txt"],
                "actions": ["echo command >> ran.log; cat '%(dependencies)s' > '%(targets)s'"],
            }
    """)
    project.write("a.txt", "a")
    assert ran(project) == ["copy", "command"]
    copied = Project(shutil.copytree(project.folder, tmp_path_factory.mktemp("copy") / "a copy"))
    assert ran(copied) == []
    copied.write("a.txt", "changed")
    assert ran(copied) == ["copy", "command"]
    assert (project.read("c.txt"), copied.read("c.txt")) == ("a", "changed")


def test_a_secret_is_hidden_and_its_change_is_seen(project: Project) -> None:
    project.dodo("""
        SIGN_IN = {"user": os.environ["SIGN_USER"], "password": os.environ["PASS_WORD"]}
        ADDRESS = "db://" + os.environ["SERVICE_TOKEN"]

        def load(targets):
            note("load")
            signs = len(SIGN_IN) + len(SIGN_IN["password"] + ADDRESS)
            pathlib.Path(targets[0]).write_text(str(signs))

        def task_load():
            return {"targets": ["load.txt"], "actions": [load]}
    """)
    before = {"SIGN_USER": "me", "PASS_WORD": "swordfish", "SERVICE_TOKEN": "opensesame"}
    after = {"SIGN_USER": "you", "PASS_WORD": "hammerhead", "SERVICE_TOKEN": "closesesame"}
    assert ran(project, **before) == ["load"]
    why = project.doit("why", "load", code=0, folder=".", **after)
    assert "action changed: dodo.py:SIGN_IN" in why
    assert "action changed: dodo.py:ADDRESS" in why
    assert "'user': 'you', 'password': (hidden, " in why
    assert "+# SIGN_IN['password'] = (hidden, " in why
    assert "+# ADDRESS = 'db://$SERVICE_TOKEN' (blake3 " in why
    assert ran(project, **after) == ["load"]
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    for word in ("swordfish", "hammerhead", "opensesame", "closesesame"):
        assert word not in why
        assert word.encode() not in kept


def test_a_value_that_differs_in_every_run_makes_the_stage_stale_in_every_run(
    project: Project,
) -> None:
    project.dodo("""
        STARTED = time.time_ns()

        def stamp(targets):
            note("stamp")
            pathlib.Path(targets[0]).write_text(str(STARTED))

        def stamp_inside(targets):
            note("stamp_inside")
            pathlib.Path(targets[0]).write_text(str(time.time_ns()))

        def task_each():
            yield {"name": "a", "targets": ["a.txt"], "actions": [stamp]}
            yield {"name": "b", "targets": ["b.txt"], "actions": [stamp_inside]}
    """)
    project.doit()
    assert project.ran() == ["stamp", "stamp_inside"]
    for _ in range(2):
        assert "action changed: dodo.py:STARTED" in project.doit()
        assert project.ran() == ["stamp"]


def test_what_actions_do_to_values_and_import_is_no_change_of_them(project: Project) -> None:
    project.write("late.py", "import os\nLATE = os.environ.get('LATE', 'late')\n")
    project.dodo("""
        SEEN = dict(start=0)
        EMPTY = []

        def act(targets):
            import late
            stem = pathlib.Path(targets[0]).stem
            note(stem)
            SEEN[stem] = late.LATE
            EMPTY.append(stem)
            pathlib.Path(targets[0]).write_text(stem)

        def late_too(targets):
            import late
            act(targets)

        def task_each():
            for name in "abc":
                yield {"name": name, "targets": [f"{name}.txt"], "actions": [act]}
            yield {"name": "d", "targets": ["d.txt"], "actions": [late_too]}
    """)
    assert ran(project) == ["a", "b", "c", "d"]
    (project.folder / "b.txt").unlink()
    assert ran(project) == ["b"]


# Runs doit, and writes how often a value was looked at and which modules were imported.
DRIVER = """
import json, sys
from datamake.plain_data import PlainData
digest, count = PlainData.digest, []

def counted(self, value):
    count.append(value)
    return digest(self, value)

PlainData.digest = counted
from doit.doit_cmd import DoitMain
code = DoitMain().run([])
with open("noted.json", "w") as file:
    json.dump({"count": len(count), "modules": sorted(sys.modules)}, file)
sys.exit(code)
"""


@pytest.mark.parametrize("tasks", [3, 60])
def test_a_value_is_looked_at_once_for_all_tasks_and_no_code_is_read(
    project: Project, tasks: int
) -> None:
    project.dodo(f"""
        LEVEL = int(os.environ.get("LEVEL", "1"))

        def act(targets):
            note("act")
            pathlib.Path(targets[0]).write_text(str(LEVEL))

        def task_each():
            for number in range({tasks}):
                yield {{"name": number, "targets": [f"out/{{number}}.txt"], "actions": [act]}}
    """)
    settle(project)
    project.ran()
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=project.folder,
        env=inherited,
        timeout=DEADLINE_SECONDS,
        check=True,
    )
    noted = json.loads(project.read("noted.json"))
    assert project.ran() == []
    assert noted["count"] == 1
    assert [name for name in noted["modules"] if name.startswith("datamake.code.")] == []
    project.doit(LEVEL="2")
    assert len(project.ran()) == tasks


ARGUMENTS = """
    import types
    CIRCLE = [1]
    CIRCLE.append(CIRCLE)

    def act(value, targets):
        name = pathlib.Path(targets[0]).stem
        note(name)
        pathlib.Path(targets[0]).write_text(repr(value))

    def task_each():
        level = os.environ.get("LEVEL", "1")
        values = {
            "circle": CIRCLE,
            "circle_with_target": [CIRCLE, "circle_with_target.txt"],
            "view": memoryview(level.encode()),
            "proxy": types.MappingProxyType({"level": level}),
        }
        for name, value in values.items():
            yield {"name": name, "targets": [f"{name}.txt"], "actions": [(act, [value])]}
"""


def test_arguments_of_unusual_kinds(project: Project) -> None:
    project.dodo(ARGUMENTS)
    assert ran(project) == ["circle", "circle_with_target", "view", "proxy"]
    assert "argument changed: value mappingproxy({'level': '1'})" in project.doit(
        "why", "each:proxy", LEVEL="2"
    )
    assert ran(project, LEVEL="2") == ["view", "proxy"]
    assert project.read("proxy.txt") == "mappingproxy({'level': '2'})"
