"""A table of edits: those that change what an action means, and those that do not."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from datamake.code import Code, CodeReader

STAGE = "shop/stage.py"


class Edit(NamedTuple):
    """`act` of shop/stage.py before and after `old` becomes `new` in one of the files."""

    name: str
    files: Mapping[str, str]
    path: str
    old: str
    new: str


def stage(name: str, text: str, old: str, new: str) -> Edit:
    return Edit(name, {STAGE: text}, STAGE, old, new)


def helped(name: str, imports: str, call: str, helper: str = "shop/helpers.py") -> Edit:
    """The action gets `clean` from a helper module, whose body is edited."""
    text = f"{imports}\ndef act():\n    return {call}\n"
    files = {STAGE: text, helper: "def clean():\n    return 1\n"}
    return Edit(name, files, helper, "return 1", "return 2")


def lazily(name: str, imports: str, call: str, helper: str = "shop/helpers.py") -> Edit:
    """The same, with the import inside the action, so that nothing imports the helper."""
    body = f"{imports}\nreturn {call}\n".replace("\n", "\n    ")
    files = {STAGE: f"def act():\n    {body}", helper: "def clean():\n    return 1\n"}
    return Edit(name, files, helper, "return 1", "return 2")


CHANGES = [
    stage("own body", "def act():\n    return 1\n", "1", "2"),
    stage("int to float", "def act():\n    return 1\n", "1", "1.0"),
    stage("operator", "def act(x):\n    return x + 1\n", "+", "-"),
    stage("grouping", "def act(a, b, c):\n    return a - b - c\n", "b - c", "(b - c)"),
    stage("parameter order", "def act(a, b):\n    return 1\n", "a, b", "b, a"),
    stage("parameter kind", "def act(a, b):\n    return 1\n", "a, b", "a, *, b"),
    stage("parameter default", "def act(a=1):\n    return a\n", "a=1", "a=2"),
    stage("keyword default", "def act(*, a=1):\n    return a\n", "a=1", "a=2"),
    stage("async", "async def act():\n    return 1\n", "async def", "def"),
    stage("assert", "def act(x):\n    assert x\n", "assert x", "pass"),
    stage("helper", "def act():\n    return f()\ndef f():\n    return 1\n", "1", "2"),
    stage(
        "helper of helper",
        "def act():\n    return f()\ndef f():\n    return g()\ndef g():\n    return 1\n",
        "1",
        "2",
    ),
    stage(
        "mutual recursion",
        "def act():\n    return f()\ndef f():\n    return g()\ndef g():\n    return f() + 1\n",
        "+ 1",
        "+ 2",
    ),
    stage("default names constant", "N = 1\ndef act(n=N):\n    return n\n", "N = 1", "N = 2"),
    stage("constant", "N = 1\ndef act():\n    return N\n", "N = 1", "N = 2"),
    stage("annotated constant", "N: int = 1\ndef act():\n    return N\n", "1", "2"),
    stage("constant of constant", "A = 1\nB = A\ndef act():\n    return B\n", "1", "2"),
    stage("constant by unpacking", "A, (B, *C) = 1, (2, 3)\ndef act():\n    return C\n", "3", "4"),
    stage("constant added to", "A = 1\nA += 1\ndef act():\n    return A\n", "+= 1", "+= 2"),
    stage("constant's item set", "A = {}\nA['x'] = 1\ndef act():\n    return A\n", "= 1", "= 2"),
    stage("constant appended to", "A = []\nA.append(1)\ndef act():\n    return A\n", "1", "2"),
    stage(
        "constant under else",
        "import os\nif os.sep:\n    A = 1\nelse:\n    A = 2\ndef act():\n    return A\n",
        "A = 2",
        "A = 3",
    ),
    stage(
        "condition of constant",
        "import os\nA = 1\nif os.sep == '/':\n    A = 2\ndef act():\n    return A\n",
        "'/'",
        "'|'",
    ),
    stage(
        "constant under except",
        "try:\n    import shop_none as A\nexcept ImportError:\n    A = 2\ndef act():\n    return A\n",
        "A = 2",
        "A = 3",
    ),
    stage(
        "constant set in loop",
        "A = []\nfor i in range(3):\n    A.append(i)\ndef act():\n    return A\n",
        "range(3)",
        "range(4)",
    ),
    stage(
        "loop variable", "for i in range(3):\n    pass\ndef act():\n    return i\n", "(3)", "(4)"
    ),
    stage(
        "with variable",
        "import io\nwith io.StringIO('a') as f:\n    A = f.read()\ndef act():\n    return A\n",
        "'a'",
        "'b'",
    ),
    stage(
        "constant set by global",
        "A = 1\ndef configure():\n    global A\n    A = 2\nconfigure()\ndef act():\n    return A\n",
        "A = 2",
        "A = 3",
    ),
    stage(
        "global put there unseen",
        "globals().update(A=1)\ndef act():\n    return A\n",
        "A=1",
        "A=2",
    ),
    stage("match at top", "match 1:\n    case 1:\n        A = 1\ndef act():\n    return A\n", "A = 1", "A = 2"),
    stage("library setting", "import decimal\ndecimal.getcontext().prec = 9\ndef act():\n    return decimal\n", "9", "8"),
    stage(
        "library function behind a name",
        "from math import floor as f\ndef act():\n    return f(1.5)\n",
        "floor",
        "ceil",
    ),
    stage(
        "library module behind a name",
        "import math as m\ndef act():\n    return m.sqrt(1)\n",
        "math",
        "cmath",
    ),
    stage("lambda", "act = lambda: 1\n", "1", "2"),
    stage("lambda calls", "act = lambda: f()\ndef f():\n    return 1\n", "1", "2"),
    stage("first of two lambdas", "act, other = lambda: 1, lambda: 2\n", "1", "3"),
    stage("lambda in constant", "F = {'a': lambda: 1}\ndef act():\n    return F['a']()\n", "1", "2"),
    stage("loop's lambda default", "act = [lambda n=n: n for n in range(3)][2]\n", "[2]", "[1]"),
    stage(
        "partial argument",
        "from functools import partial\ndef f(n):\n    return n\nact = partial(f, 1)\n",
        "1",
        "2",
    ),
    stage(
        "partial keyword",
        "from functools import partial\ndef f(n):\n    return n\nact = partial(f, n=1)\n",
        "n=1",
        "n=2",
    ),
    stage(
        "partial function",
        "from functools import partial\ndef f(n):\n    return n + 1\nact = partial(f, 5)\n",
        "+ 1",
        "+ 2",
    ),
    stage(
        "partial in partial",
        "from functools import partial\ndef f(n):\n    return n + 1\nact = partial(partial(f), 5)\n",
        "+ 1",
        "+ 2",
    ),
    stage(
        "decorator's body",
        "def twice(f):\n    def run():\n        return f() * 2\n    return run\n@twice\ndef act():\n    return 1\n",
        "* 2",
        "* 3",
    ),
    stage(
        "what is decorated",
        "def twice(f):\n    def run():\n        return f() * 2\n    return run\n@twice\ndef act():\n    return 1\n",
        "return 1",
        "return 5",
    ),
    stage(
        "wrapped with functools.wraps",
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def run():\n        return f() * 2\n"
        "    return run\n@twice\ndef act():\n    return 1\n",
        "return 1",
        "return 5",
    ),
    stage(
        "wrapper with functools.wraps",
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def run():\n        return f() * 2\n"
        "    return run\n@twice\ndef act():\n    return 1\n",
        "* 2",
        "* 3",
    ),
    stage(
        "decorator's argument",
        "def times(n):\n    def wrap(f):\n        return lambda: f() * n\n    return wrap\n"
        "@times(2)\ndef act():\n    return 1\n",
        "@times(2)",
        "@times(3)",
    ),
    stage(
        "decorator removed",
        "def same(f):\n    return f\n@same\ndef act():\n    return 1\n",
        "@same\n",
        "",
    ),
    stage("functools.cache", "import functools\n@functools.cache\ndef act():\n    return 1\n", "1", "2"),
    stage(
        "contextlib's wrapper",
        "import contextlib\n@contextlib.contextmanager\ndef act():\n    yield 1\n",
        "1",
        "2",
    ),
    stage(
        "closure's value",
        "def make(n):\n    def run():\n        return n\n    return run\nact = make(1)\n",
        "make(1)",
        "make(2)",
    ),
    stage(
        "closure's body",
        "def make(n):\n    def run():\n        return n + 0\n    return run\nact = make(1)\n",
        "+ 0",
        "- 0",
    ),
    stage(
        "closure's function",
        "def make(f):\n    def run():\n        return f()\n    return run\ndef g():\n    return 1\nact = make(g)\n",
        "return 1",
        "return 2",
    ),
    stage(
        "closure's list of functions",
        "def make(fs):\n    def run():\n        return fs\n    return run\ndef g():\n    return 1\n"
        "def h():\n    return 5\nact = make([g, h])\n",
        "return 1",
        "return 2",
    ),
    stage(
        "order of two closures of one maker",
        "def make(n):\n    return lambda: n\ndef pair(a, b):\n    return lambda: (a, b)\n"
        "act = pair(make(1), make(2))\n",
        "make(1), make(2)",
        "make(2), make(1)",
    ),
    stage(
        "closure calls module's function",
        "def make(n):\n    def run():\n        return g(n)\n    return run\ndef g(n):\n    return n + 1\nact = make(1)\n",
        "+ 1",
        "+ 2",
    ),
    stage(
        "closure calls itself",
        "def make():\n    def run(n):\n        return run(n - 1)\n    return run\nact = make()\n",
        "- 1",
        "- 2",
    ),
    stage("nested function", "def act():\n    def f():\n        return 1\n    return f()\n", "1", "2"),
    stage(
        "nested function calls",
        "def act():\n    def f():\n        return g()\n    return f()\ndef g():\n    return 1\n",
        "1",
        "2",
    ),
    stage(
        "class in function",
        "def make(n):\n    class Act:\n        def run(self):\n            return n\n    return Act\nact = make(1)\n",
        "make(1)",
        "make(2)",
    ),
    stage(
        "method by self",
        "class A:\n    def run(self):\n        return self.f()\n    def f(self):\n        return 1\nact = A().run\n",
        "1",
        "2",
    ),
    stage(
        "method of base",
        "class B:\n    def f(self):\n        return 1\nclass A(B):\n    def run(self):\n        return self.f()\nact = A().run\n",
        "1",
        "2",
    ),
    stage(
        "method of subclass",
        "class B:\n    def run(self):\n        return self.f()\nclass A(B):\n    def f(self):\n        return 1\nact = A().run\n",
        "1",
        "2",
    ),
    stage(
        "metaclass",
        "class M(type):\n    x = 1\nclass A(metaclass=M):\n    def run(self):\n        return type(self).x\nact = A().run\n",
        "1",
        "2",
    ),
    stage(
        "instance's state",
        "class A:\n    def __init__(self, n):\n        self.n = n\n    def run(self):\n        return self.n\nact = A(1).run\n",
        "A(1)",
        "A(2)",
    ),
    stage(
        "class attribute",
        "class A:\n    n = 1\n    @classmethod\n    def run(cls):\n        return cls.n\nact = A.run\n",
        "n = 1",
        "n = 2",
    ),
    stage(
        "class annotation",
        "class A:\n    n: int\ndef act():\n    return A\n",
        "int",
        "float",
    ),
    stage(
        "static method through class",
        "class A:\n    @staticmethod\n    def f():\n        return 1\ndef act():\n    return A.f()\n",
        "1",
        "2",
    ),
    stage(
        "method through an instance of the module",
        "class A:\n    def f(self):\n        return 1\na = A()\ndef act():\n    return a.f()\n",
        "1",
        "2",
    ),
    stage(
        "class reads the module's name it binds",
        "n = 1\nclass A:\n    n = n\ndef act():\n    return A.n\n",
        "n = 1",
        "n = 2",
    ),
    stage(
        "method does not see the class's names",
        "n = 1\nclass A:\n    n = 5\n    def f(self):\n        return n\ndef act():\n    return A().f()\n",
        "n = 1",
        "n = 2",
    ),
    stage(
        "callable object",
        "class A:\n    def __call__(self):\n        return 1\nact = A()\n",
        "1",
        "2",
    ),
    stage(
        "callable object's state",
        "class A:\n    def __init__(self, n):\n        self.n = n\n    def __call__(self):\n        return self.n\nact = A(1)\n",
        "A(1)",
        "A(2)",
    ),
    stage("class as action", "class act:\n    def __init__(self):\n        self.n = 1\n", "1", "2"),
    stage(
        "registered on an object of the module",
        "import functools\n@functools.singledispatch\ndef act(x):\n    return 0\n"
        "@act.register\ndef _(x: int):\n    return 1\n",
        "return 1",
        "return 2",
    ),
    stage(
        "annotation that a decorator reads",
        "def typed(f):\n    return f\n@typed\ndef act(x: int):\n    return x\n",
        "int",
        "str",
    ),
    stage(
        "walrus in comprehension stays local to the function",
        "def act(xs):\n    return [y for x in xs if (y := f(x))]\ndef f(x):\n    return 1\n",
        "1",
        "2",
    ),
    stage(
        "comprehension's first iterable",
        "x = [1]\ndef act():\n    return [x for x in x]\n",
        "[1]",
        "[2]",
    ),
    stage("f-string", "A = 1\ndef act():\n    return f'{A:>4}'\n", "A = 1", "A = 2"),
    helped("from import", "from shop.helpers import clean", "clean()"),
    helped("from import as", "from shop.helpers import clean as c", "c()"),
    helped("relative from import", "from .helpers import clean", "clean()"),
    helped("from package import module", "from shop import helpers", "helpers.clean()"),
    helped("relative module", "from . import helpers as h", "h.clean()"),
    helped("import module", "import shop.helpers", "shop.helpers.clean()"),
    helped("import module as", "import shop.helpers as h", "h.clean()"),
    helped("module as a value", "import shop.helpers as h", "getattr(h, 'cl' + 'ean')()"),
    helped("star import", "from shop.helpers import *", "clean()"),
    helped("module at root", "from shop_top import clean", "clean()", "shop_top.py"),
    helped("deep package", "import shop.a.b as m", "m.clean()", "shop/a/b.py"),
    helped("import under TYPE_CHECKING too", "import typing\nif typing.TYPE_CHECKING:\n    from shop.nowhere import x\nfrom shop.helpers import clean", "clean()"),
    lazily("lazy from import", "from shop.helpers import clean", "clean()"),
    lazily("lazy from import as", "from shop.helpers import clean as c", "c()"),
    lazily("lazy relative import", "from .helpers import clean", "clean()"),
    lazily("lazy relative module", "from . import helpers", "helpers.clean()"),
    lazily("lazy import", "import shop.helpers", "shop.helpers.clean()"),
    lazily("lazy import as", "import shop.helpers as h", "h.clean()"),
    lazily("lazy import of folder without init", "from shop_bare.m import clean", "clean()", "shop_bare/m.py"),
    lazily("lazy import at root", "import shop_top", "shop_top.clean()", "shop_top.py"),
    lazily("lazy import in nested function", "def f():\n    from shop.helpers import clean\n    return clean()", "f()"),
    lazily("lazy import seen by nested function", "from shop.helpers import clean\ndef f():\n    return clean()", "f()"),
    lazily("import_module with a name", "import importlib\nm = importlib.import_module('shop.helpers')", "m.clean()"),
    Edit(
        "two imports away",
        {
            STAGE: "from shop.a import f\ndef act():\n    return f()\n",
            "shop/a.py": "from shop.b import g as f\n",
            "shop/b.py": "def g():\n    return 1\n",
        },
        "shop/b.py",
        "1",
        "2",
    ),
    Edit(
        "two lazy imports away",
        {
            STAGE: "def act():\n    from shop.a import f\n    return f()\n",
            "shop/a.py": "def f():\n    from shop.b import g\n    return g()\n",
            "shop/b.py": "def g():\n    return N\nN = 1\n",
        },
        "shop/b.py",
        "1",
        "2",
    ),
    Edit(
        "re-exported by a package",
        {
            STAGE: "from shop.a import f\ndef act():\n    return f()\n",
            "shop/a/__init__.py": "from .b import *\n",
            "shop/a/b.py": "__all__ = ['f']\ndef f():\n    return 1\n",
        },
        "shop/a/b.py",
        "1",
        "2",
    ),
    Edit(
        "imports in a circle",
        {
            STAGE: "import shop.a as a\ndef act():\n    return a.f()\ndef g():\n    return 1\n",
            "shop/a.py": "import shop.stage as stage\ndef f():\n    return stage.g()\n",
        },
        STAGE,
        "return 1",
        "return 2",
    ),
    Edit(
        "two names exchanged in an import",
        {
            STAGE: "from shop.a import f as p, g as q\ndef act():\n    return p() - q()\n",
            "shop/a.py": "def f():\n    return 1\ndef g():\n    return 2\n",
        },
        STAGE,
        "f as p, g as q",
        "g as p, f as q",
    ),
    Edit(
        "closure holds a module",
        {
            STAGE: "def make():\n    import shop.a as a\n    def run():\n        return a.f()\n"
            "    return run\nact = make()\n",
            "shop/a.py": "def f():\n    return 1\n",
        },
        "shop/a.py",
        "1",
        "2",
    ),
    Edit(
        "base class in another module",
        {
            STAGE: "from shop.a import Base\nclass A(Base):\n    pass\ndef act():\n    return A().f()\n",
            "shop/a.py": "class Base:\n    def f(self):\n        return 1\n",
        },
        "shop/a.py",
        "1",
        "2",
    ),
    Edit(
        "lazily imported file that cannot be parsed",
        {STAGE: "def act():\n    from shop.a import f\n", "shop/a.py": "def f(:\n"},
        "shop/a.py",
        "(:",
        "(::",
    ),
]

LONG = "def act(x):\n    y = f(x)\n    return y\n\n\ndef f(x):\n    return x\n"

KEEPS = [
    stage("comment", LONG, "    return y", "    # why\n    return y  # because"),
    stage("docstring added", LONG, "    y =", '    """Do it."""\n    y ='),
    stage("docstring edited", 'def act():\n    """One."""\n    return 1\n', "One", "Two"),
    stage("docstring of helper", LONG, "    return x", '    """Same."""\n    return x'),
    stage("docstring of class", 'class act:\n    """One."""\n    n = 1\n', "One", "Two"),
    stage("layout", LONG, "f(x)\n    return", "f(\n        x,\n    )\n\n    return"),
    stage("brackets", LONG, "return y", "return (y)"),
    stage("quotes", "def act():\n    return 'a'\n", "'a'", '"a"'),
    stage("string in two pieces", "def act():\n    return 'ab'\n", "'ab'", "'a' 'b'"),
    stage("lines above", LONG, "def act", "import os\n\nN = 1\n\n\ndef act"),
    stage("order of functions", LONG, LONG, "def f(x):\n    return x\n" + LONG[:37]),
    stage("unrelated function", LONG + "def g():\n    return 1\n", "return 1", "return 2"),
    stage("unrelated constant", LONG + "N = 1\n", "N = 1", "N = 2"),
    stage("unrelated import", LONG, "def act", "import math\ndef act"),
    stage("another name of one import", "from math import floor\n" + LONG.replace("f(x)", "floor(x)", 1), "import floor", "import ceil, floor"),
    stage("relative import", "from shop import b\ndef act():\n    return b\n", "from shop", "from ."),
    stage("annotation", LONG, "def act(x)", "def act(x: int) -> str"),
    stage("annotation of local", LONG, "y = f", "y: float = f"),
    stage("annotation of constant", "N = 1\ndef act():\n    return N\n", "N =", "N: int ="),
    stage("constant hidden by a local", "n = 1\ndef act():\n    n = 5\n    return n\n", "n = 1", "n = 2"),
    stage("constant hidden by a parameter", "n = 1\ndef act(n):\n    return n\n", "n = 1", "n = 2"),
    stage("constant hidden by a loop", "n = 1\ndef act():\n    for n in (5,):\n        return n\n", "n = 1", "n = 2"),
    stage("constant hidden in comprehension", "n = 1\ndef act():\n    return [n for n in (5,)]\n", "n = 1", "n = 2"),
    stage("constant hidden by except", "n = 1\ndef act():\n    try:\n        pass\n    except OSError as n:\n        return n\n", "n = 1", "n = 2"),
    stage("constant hidden by match", "n = 1\ndef act(x):\n    match x:\n        case [n, *_]:\n            return n\n", "n = 1", "n = 2"),
    stage("constant hidden by walrus", "n = 1\ndef act():\n    return (n := 5) + n\n", "n = 1", "n = 2"),
    stage("constant hidden by an import", "n = 1\ndef act():\n    import math as n\n    return n\n", "n = 1", "n = 2"),
    stage("constant hidden around", "n = 1\ndef act():\n    n = 5\n    def f():\n        return n\n    return f\n", "n = 1", "n = 2"),
    stage("constant hidden by nonlocal", "n = 1\ndef act():\n    n = 5\n    def f():\n        nonlocal n\n        n = n + 1\n    return f\n", "n = 1", "n = 2"),
    stage("attribute of the same name", "n = 1\ndef act(x):\n    return x.n\n", "n = 1", "n = 2"),
    stage("other lambda on the line", "act, other = lambda: 1, lambda: 2\n", "2", "3"),
    stage("call under main", LONG + "if __name__ == '__main__':\n    act(1)\n", "act(1)", "act(2)"),
    stage("cached function elsewhere", "import functools\n@functools.cache\ndef g():\n    return 1\n@functools.cache\ndef act():\n    return 5\n", "1", "2"),
    stage("enclosing function", "def make(n):\n    x = 1\n    return lambda: n\nact = make(3)\n", "x = 1", "x = 2"),
    Edit(
        "unused function of a module",
        {
            STAGE: "import shop.a\ndef act():\n    return shop.a.f()\n",
            "shop/a.py": "def f():\n    return 1\ndef g():\n    return 2\n",
        },
        "shop/a.py",
        "2",
        "3",
    ),
    Edit(
        "unused module",
        {STAGE: "import shop.a\ndef act():\n    return 1\n", "shop/a.py": "N = 1\n"},
        "shop/a.py",
        "1",
        "2",
    ),
    Edit(
        "installed package within the root",
        {
            STAGE: "from shop_installed import f\ndef act():\n    return f()\n",
            "env/lib/shop_installed.py": "def f():\n    return 1\n",
            "env/pyvenv.cfg": "",
        },
        "env/lib/shop_installed.py",
        "1",
        "2",
    ),
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "env" / "lib"))
    yield tmp_path
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("shop")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in {"shop/__init__.py": "", "shop/b.py": "", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def code_of_act(root: Path) -> Code:
    forget()
    return CodeReader(str(root)).of(importlib.import_module("shop.stage").act)


def before_and_after(root: Path, edit: Edit) -> tuple[Code, Code]:
    assert edit.old in edit.files[edit.path]
    write(root, edit.files)
    before = code_of_act(root)
    changed = edit.files[edit.path].replace(edit.old, edit.new, 1)
    assert changed != edit.files[edit.path]
    write(root, {**edit.files, edit.path: changed})
    return before, code_of_act(root)


@pytest.mark.parametrize("edit", CHANGES, ids=lambda edit: edit.name)
def test_edit_changes_the_meaning(project: Path, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before.digest != after.digest
    assert after.changed_since(before)


@pytest.mark.parametrize("edit", KEEPS, ids=lambda edit: edit.name)
def test_edit_keeps_the_meaning(project: Path, edit: Edit) -> None:
    before, after = before_and_after(project, edit)
    assert before.digest == after.digest
    assert after.changed_since(before) == ()
