"""What a reader of code tells beside equal or not: names, texts, and code without source."""

import ast
import importlib
import json
import math
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import pytest

from datamake.code import CodeReader
from datamake.code.parts import Code

STAGE = '''\
from math import floor as down

from depot.helpers import clean

LIMIT = 10


def act(x):
    """Clean what is below the limit."""
    return [clean(down(y)) for y in x if y < LIMIT]


def other():
    return clean(1)
'''
HELPERS = "def clean(y):\n    # nothing yet\n    return y\n"


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The root of a project with a package `depot`."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    write(tmp_path / "depot/__init__.py", "")
    write(tmp_path / "depot/stage.py", STAGE)
    write(tmp_path / "depot/helpers.py", HELPERS)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "depot"]:
        del sys.modules[name]


def write(path: Path, text: str, written: int | None = 1_000_000_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if written is not None:
        os.utime(path, (written, written))


def function(name: str) -> Any:
    return getattr(importlib.import_module("depot.stage"), name)


def changed(before: Code, after: Code) -> set[str]:
    """Return the names of the parts whose meanings differ."""
    return {name for name, _ in before.digests.items() ^ after.digests.items()}


def executed(text: str, **names: object) -> Callable[..., Any]:
    """A function `act` that has no source file."""
    namespace: dict[str, Any] = {"__name__": "depot_executed", **names}
    exec(textwrap.dedent(text), namespace)
    made: Callable[..., Any] = namespace["act"]
    return made


def test_parts_are_named_by_file_and_definition(depot: Path) -> None:
    code = CodeReader(str(depot)).of(function("act"))
    assert list(code.sources) == [
        "depot/helpers.py:clean",
        "depot/stage.py:LIMIT",
        "depot/stage.py:act",
        "depot/stage.py:clean",
        "depot/stage.py:down",
    ]
    assert code.sources.keys() == code.digests.keys()


def test_sources_are_as_they_were_written(depot: Path) -> None:
    sources = CodeReader(str(depot)).of(function("act")).sources
    assert sources["depot/helpers.py:clean"] == HELPERS.rstrip()
    assert sources["depot/stage.py:LIMIT"] == "LIMIT = 10"
    assert sources["depot/stage.py:down"] == "from math import floor as down"
    assert sources["depot/stage.py:act"].startswith('def act(x):\n    """Clean')


def test_source_of_a_decorated_function_below_a_condition(depot: Path) -> None:
    text = """\
        import sys

        def same(f):
            return f

        if sys.maxsize > 1:
            @same
            def act():
                return 1
        """
    write(depot / "depot/stage.py", textwrap.dedent(text))
    sources = CodeReader(str(depot)).of(function("act")).sources
    assert sources["depot/stage.py:act"] == (
        "if sys.maxsize > 1:\n    @same\n    def act():\n        return 1"
    )


def test_the_part_that_changed_alone_has_another_digest(depot: Path) -> None:
    before = CodeReader(str(depot)).of(function("act"))
    write(depot / "depot/helpers.py", "def clean(y):\n    return -y\n")
    write(depot / "depot/stage.py", STAGE.replace("Clean what", "Keep what"))
    del sys.modules["depot.stage"], sys.modules["depot.helpers"]
    after = CodeReader(str(depot)).of(function("act"))
    assert changed(before, after) == {"depot/helpers.py:clean"}


def test_each_file_is_parsed_once(depot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"def act_{n}():\n    return clean({n})\n" for n in range(50))
    write(depot / "depot/stage.py", "from depot.helpers import clean\n" + many)
    functions = [function(f"act_{n}") for n in range(50)]
    parsed: list[str] = []
    parse = ast.parse

    def counted(text: str, path: str) -> ast.Module:
        parsed.append(Path(path).name)
        return parse(text, path)

    monkeypatch.setattr(ast, "parse", counted)
    reader = CodeReader(str(depot))
    assert len({reader.of(one).digest for one in functions}) == 50
    assert sorted(parsed) == ["helpers.py", "stage.py"]


def test_nothing_is_imported(depot: Path) -> None:
    write(depot / "depot/stage.py", "def act():\n    from depot.lazy import f\n    return f()\n")
    write(depot / "depot/lazy.py", "def f():\n    return 1\nraise RuntimeError('was imported')\n")
    code = CodeReader(str(depot)).of(function("act"))
    assert "depot/lazy.py:f" in code.sources
    assert "depot.lazy" not in sys.modules


def test_being_imported_already_changes_nothing(depot: Path) -> None:
    write(depot / "depot/stage.py", "def act():\n    import depot.lazy as m\n    return m.f()\n")
    write(depot / "depot/lazy.py", "def f():\n    return 1\n")
    before = CodeReader(str(depot)).of(function("act"))
    importlib.import_module("depot.lazy")
    assert CodeReader(str(depot)).of(function("act")) == before


def test_place_of_the_project_is_no_part(depot: Path, tmp_path_factory: Any) -> None:
    code = CodeReader(str(depot)).of(function("act"))
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(depot)
    assert CodeReader(str(link)).of(function("act")) == code


def test_code_outside_the_root_counts_by_name(depot: Path) -> None:
    reader = CodeReader(str(depot / "depot" / "inner"))
    assert reader.of(function("act")).sources == {"depot.stage.act": "depot.stage.act"}
    assert reader.of(math.sin).sources == {"math.sin": "math.sin"}
    assert reader.of(textwrap.dedent).sources == {"textwrap.dedent": "textwrap.dedent"}


@pytest.mark.parametrize("folder", ["env/lib/python3/site-packages", "dist-packages", ".venv/lib"])
def test_installed_packages_are_not_the_project_s_own(
    depot: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    write(depot / folder / "depot_installed.py", "def f():\n    return 1\n")
    write(depot / ".venv/pyvenv.cfg", "")
    monkeypatch.syspath_prepend(str(depot / folder))
    write(
        depot / "depot/stage.py", "def act():\n    import depot_installed as d\n    return d.f()\n"
    )
    code = CodeReader(str(depot)).of(function("act"))
    assert list(code.sources) == ["depot/stage.py:act"]


@pytest.mark.parametrize("new", ["def act(x):\n    return 0\n", "", "def act(:\n", "N = 1\n"])
def test_file_edited_after_its_import_is_not_what_runs(depot: Path, new: str) -> None:
    running = function("act")
    write(depot / "depot/stage.py", STAGE.replace(STAGE[STAGE.index("def act") :], new), None)
    code = CodeReader(str(depot)).of(running)
    assert "depot/stage.py:act" not in code.sources
    assert "no source" in code.sources["depot.stage.act"]


def test_file_touched_after_its_import_is_what_runs(depot: Path) -> None:
    running = function("act")
    before = CodeReader(str(depot)).of(running)
    write(depot / "depot/stage.py", STAGE, None)
    assert CodeReader(str(depot)).of(running) == before


def test_file_removed_after_its_import(depot: Path) -> None:
    running = function("act")
    (depot / "depot/stage.py").unlink()
    assert "no source" in CodeReader(str(depot)).of(running).sources["depot.stage.act"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def act():\n    return 1", "def act():\n    return 2"),
        ("def act(x):\n    return x + 1", "def act(x):\n    return x - 1"),
        ("def act(x):\n    return x.a", "def act(x):\n    return x.b"),
        ("def act(x=1):\n    return x", "def act(x=2):\n    return x"),
        ("def act(*, x=1):\n    return x", "def act(*, x=2):\n    return x"),
        ("def act():\n    return lambda: 1", "def act():\n    return lambda: 2"),
        ("N = 1\ndef act():\n    return N", "N = 2\ndef act():\n    return N"),
        ("def f():\n    return 1\ndef act():\n    return f()",) * 1
        + ("def f():\n    return 2\ndef act():\n    return f()",),
        ("act = (lambda n: lambda: n)(1)", "act = (lambda n: lambda: n)(2)"),
        ("def act(x):\n    return x in {1, 2}", "def act(x):\n    return x in {1, 3}"),
        (
            "class A:\n    def run(self):\n        return 1\nact = A().run",
            "class A:\n    def run(self):\n        return 2\nact = A().run",
        ),
        (
            "class A:\n    n = 1\n    def __call__(self):\n        return self.n\nact = A()",
            "class A:\n    n = 2\n    def __call__(self):\n        return self.n\nact = A()",
        ),
    ],
)
def test_without_source_the_instructions_count(depot: Path, before: str, after: str) -> None:
    reader = CodeReader(str(depot))
    assert reader.of(executed(before)).digest == reader.of(executed(before)).digest
    assert reader.of(executed(before)).digest == reader.of(executed("\n\n" + before)).digest
    assert reader.of(executed(before)).digest != reader.of(executed(after)).digest


def test_without_source_functions_of_the_project_count(depot: Path) -> None:
    reader = CodeReader(str(depot))
    by_function = reader.of(executed("def act():\n    return f()", f=function("act")))
    by_module = reader.of(
        executed("def act():\n    return m.f()", m=importlib.import_module("depot.helpers"))
    )
    assert "depot/helpers.py:clean" in by_function.sources
    assert "depot/helpers.py:clean" in by_module.sources


def test_function_bound_to_an_object_of_another_class(depot: Path) -> None:
    class Holder:
        pass

    reader = CodeReader(str(depot))
    code = reader.of(MethodType(function("act"), Holder()))
    assert "depot/stage.py:act" in code.sources


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("def act():\n    return injected\n", "act injected"),
        ("act = (lambda: lambda: injected)()\n", "<lambda>.<locals>.<lambda> injected"),
    ],
    ids=["function", "closure"],
)
def test_name_put_into_the_module_from_outside(depot: Path, text: str, part: str) -> None:
    write(depot / "depot/stage.py", text)
    act: FunctionType = function("act")
    act.__globals__["injected"] = 1
    one = CodeReader(str(depot)).of(act)
    act.__globals__["injected"] = 2
    assert changed(one, CodeReader(str(depot)).of(act)) == {f"depot/stage.py:{part}"}


def test_bound_method_shows_the_class_of_its_object(depot: Path) -> None:
    text = "class B:\n    def run(self):\n        pass\nclass A(B):\n    pass\nact = A().run\n"
    write(depot / "depot/stage.py", text)
    sources = CodeReader(str(depot)).of(function("act")).sources
    assert sources["depot/stage.py:A"] == "class A(B):\n    pass"


def test_file_older_than_the_process_is_taken_as_it_is(depot: Path) -> None:
    running = function("act")
    write(depot / "depot/stage.py", STAGE.replace("y < LIMIT", "y > LIMIT"))
    sources = CodeReader(str(depot)).of(running).sources
    assert "y > LIMIT" in sources["depot/stage.py:act"]


def test_very_deep_expression(depot: Path) -> None:
    write(
        depot / "depot/stage.py", f"def act():\n    return {' + '.join(['f()'] * 900)}\nf = int\n"
    )
    assert "depot/stage.py:f" in CodeReader(str(depot)).of(function("act")).sources


def test_objects_that_hold_each_other_s_methods(depot: Path) -> None:
    text = """\
        class Act:
            def __init__(self):
                self.callback = self.run
            def run(self):
                return self.callback
        act = Act().run
        """
    write(depot / "depot/stage.py", textwrap.dedent(text))
    reader = CodeReader(str(depot))
    assert reader.of(function("act")) == reader.of(function("act"))


def test_same_in_every_process(depot: Path) -> None:
    """Hash seeds and addresses leave no trace, with source or without."""
    text = """\
        from depot.helpers import clean
        NAMES = {"a", "b", "c"}
        class Act:
            def __init__(self, f):
                self.f, self.names = f, {"x", "y", "z"}
            def __call__(self, x):
                return self.f(x) in {"k", "l", "m"} or x in NAMES
        def make(f, things=frozenset({"p", "q", "r"})):
            return lambda: (f, things, object)
        act = make(Act(make(clean)))
        exec("def bare(x): return x in {'k', 'l', 'm'} or clean")
        """
    write(depot / "depot/stage.py", textwrap.dedent(text))
    program = (
        "from datamake.code import CodeReader\nimport depot.stage as s\n"
        f"reader = CodeReader({str(depot)!r})\n"
        "print(reader.of(s.act).digest, reader.of(s.bare).digest, reader.of(s.Act(s.act)).digest)"
    )
    root = str(Path(__file__).parents[2])
    printed = {
        subprocess.run(
            [sys.executable, "-B", "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(depot), root])},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(printed) == 1
    assert len(set(printed.pop().split())) == 3


SETTINGS = """
import json, pathlib

CONFIG = json.loads(pathlib.Path(__file__).with_name("config.json").read_text())

def act():
    return CONFIG
"""


def shown(depot: Path, settings: object) -> list[str]:
    """The lines that show the value of CONFIG."""
    write(depot / "depot/stage.py", SETTINGS)
    write(depot / "depot/config.json", json.dumps(settings))
    sys.modules.pop("depot.stage", None)
    code = CodeReader(str(depot)).of(function("act"))
    return code.sources["depot/stage.py:CONFIG"].splitlines()[1:]


def test_a_short_value_is_shown_on_one_line(depot: Path) -> None:
    assert shown(depot, {"a": 1, "b": [2]}) == ["# CONFIG = {'a': 1, 'b': [2]}"]


def test_a_long_value_is_shown_key_by_key(depot: Path) -> None:
    settings = {"a": {"b": "x" * 80, "c": 1}, "d": ["y" * 80, "z"], "e": "v" * 300, "password": "w"}
    lines = shown(depot, settings)
    assert lines[:4] == [
        f"# CONFIG['a']['b'] = '{'x' * 80}'",
        "# CONFIG['a']['c'] = 1",
        f"# CONFIG['d'][] = '{'y' * 80}'",
        "# CONFIG['d'][] = 'z'",
    ]
    assert re.fullmatch(r"# CONFIG\['e'\] = 'v{199}… \(blake3 [0-9a-f]{16}\)", lines[4])
    assert re.fullmatch(r"# CONFIG\['password'\] = \(hidden, blake3 [0-9a-f]{16}\)", lines[5])


def test_of_very_much_a_digest_is_shown(depot: Path) -> None:
    lines = shown(depot, {"a": 1, "b": list(range(20_000))})
    assert lines[0] == "# CONFIG['a'] = 1"
    assert re.fullmatch(
        r"# CONFIG\['b'\] = <list of 20,000, blake3 [0-9a-f]{16}>", "\n".join(lines[1:])
    )
    many = shown(depot, {f"name of {number}": number for number in range(1_000)})
    assert len(many) == 101
    assert re.fullmatch(r"# CONFIG: 900 more \([0-9a-f]{16}\)", many[-1])


def test_functions_that_capture_each_other_in_a_row_are_read_once_each(depot: Path) -> None:
    class Counting(CodeReader):
        asked = 0

        def of(self, function: Callable[..., Any]) -> Code:
            self.asked += 1
            return super().of(function)

    row = "f10 = make(int)\n" + "".join(f"f{n} = make(f{n + 1})\n" for n in reversed(range(10)))
    make = "def make(g):\n    def inner():\n        return g()\n    return inner\n\n\n"
    write(depot / "depot/row.py", make + row)
    reader = Counting(str(depot))
    code = reader.of(importlib.import_module("depot.row").f0)
    assert sum(name.startswith("depot/row.py:make.<locals>.inner g") for name in code.digests) == 11
    assert reader.asked == 12
