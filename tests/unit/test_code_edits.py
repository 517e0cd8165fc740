"""A table of edits: those that change what an action means, and those that do not.

A situation is the code of an action, `act` of shop/stage.py, with the edit in its place:
`«before → after»`. Lines starting with `---` begin other files.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from datamake.code import Code, CodeReader

CHANGES = """
=== own body
def act():
    return «1 → 2»

=== int to float
def act():
    return «1 → 1.0»

=== operator
def act(x):
    return x «+ → -» 1

=== grouping
def act(a, b, c):
    return a - «b - c → (b - c)»

=== parameter order
def act(«a, b → b, a»):
    return 1

=== parameter kind
def act(«a, b → a, *, b»):
    return 1

=== parameter default
def act(«a=1 → a=2»):
    return a

=== keyword default
def act(*, «a=1 → a=2»):
    return a

=== async
«async def → def» act():
    return 1

=== assert
def act(x):
    «assert x → pass»

=== helper
def act():
    return f()
def f():
    return «1 → 2»

=== helper of helper
def act():
    return f()
def f():
    return g()
def g():
    return «1 → 2»

=== mutual recursion
def act():
    return f()
def f():
    return g()
def g():
    return f() «+ 1 → + 2»

=== default names constant
«N = 1 → N = 2»
def act(n=N):
    return n

=== constant
«N = 1 → N = 2»
def act():
    return N

=== annotated constant
N: int = «1 → 2»
def act():
    return N

=== constant of constant
A = «1 → 2»
B = A
def act():
    return B

=== constant by unpacking
A, (B, *C) = 1, (2, «3 → 4»)
def act():
    return C

=== constant added to
A = 1
A «+= 1 → += 2»
def act():
    return A

=== constant's item set
A = {}
A['x'] «= 1 → = 2»
def act():
    return A

=== constant appended to
A = []
A.append(«1 → 2»)
def act():
    return A

=== constant under else
import os
if os.sep:
    A = 1
else:
    «A = 2 → A = 3»
def act():
    return A

=== condition of constant
import os
A = 1
if os.sep == «'/' → '|'»:
    A = 2
def act():
    return A

=== constant under except
try:
    import shop_none as A
except ImportError:
    «A = 2 → A = 3»
def act():
    return A

=== constant set in loop
A = []
for i in «range(3) → range(4)»:
    A.append(i)
def act():
    return A

=== loop variable
for i in range«(3) → (4)»:
    pass
def act():
    return i

=== with variable
import io
with io.StringIO(«'a' → 'b'») as f:
    A = f.read()
def act():
    return A

=== constant set by global
A = 1
def configure():
    global A
    «A = 2 → A = 3»
configure()
def act():
    return A

=== global put there unseen
globals().update(«A=1 → A=2»)
def act():
    return A

=== match at top
match 1:
    case 1:
        «A = 1 → A = 2»
def act():
    return A

=== library setting
import decimal
decimal.getcontext().prec = «9 → 8»
def act():
    return decimal

=== library function behind a name
from math import «floor → ceil» as f
def act():
    return f(1.5)

=== library module behind a name
import «math → cmath» as m
def act():
    return m.sqrt(1)

=== lambda
act = lambda: «1 → 2»

=== lambda calls
act = lambda: f()
def f():
    return «1 → 2»

=== first of two lambdas
act, other = lambda: «1 → 3», lambda: 2

=== lambda in constant
F = {'a': lambda: «1 → 2»}
def act():
    return F['a']()

=== loop's lambda default
act = [lambda n=n: n for n in range(3)]«[2] → [1]»

=== partial argument
from functools import partial
def f(n):
    return n
act = partial(f, «1 → 2»)

=== partial keyword
from functools import partial
def f(n):
    return n
act = partial(f, «n=1 → n=2»)

=== partial function
from functools import partial
def f(n):
    return n «+ 1 → + 2»
act = partial(f, 5)

=== partial in partial
from functools import partial
def f(n):
    return n «+ 1 → + 2»
act = partial(partial(f), 5)

=== decorator's body
def twice(f):
    def run():
        return f() «* 2 → * 3»
    return run
@twice
def act():
    return 1

=== what is decorated
def twice(f):
    def run():
        return f() * 2
    return run
@twice
def act():
    «return 1 → return 5»

=== wrapped with functools.wraps
import functools
def twice(f):
    @functools.wraps(f)
    def run():
        return f() * 2
    return run
@twice
def act():
    «return 1 → return 5»

=== wrapper with functools.wraps
import functools
def twice(f):
    @functools.wraps(f)
    def run():
        return f() «* 2 → * 3»
    return run
@twice
def act():
    return 1

=== decorator's argument
def times(n):
    def wrap(f):
        return lambda: f() * n
    return wrap
«@times(2) → @times(3)»
def act():
    return 1

=== decorator removed
def same(f):
    return f
«@same
 → »def act():
    return 1

=== functools.cache
import functools
@functools.cache
def act():
    return «1 → 2»

=== contextlib's wrapper
import contextlib
@contextlib.contextmanager
def act():
    yield «1 → 2»

=== closure's value
def make(n):
    def run():
        return n
    return run
act = «make(1) → make(2)»

=== closure's body
def make(n):
    def run():
        return n «+ 0 → - 0»
    return run
act = make(1)

=== closure's function
def make(f):
    def run():
        return f()
    return run
def g():
    «return 1 → return 2»
act = make(g)

=== closure's list of functions
def make(fs):
    def run():
        return fs
    return run
def g():
    «return 1 → return 2»
def h():
    return 5
act = make([g, h])

=== order of two closures of one maker
def make(n):
    return lambda: n
def pair(a, b):
    return lambda: (a, b)
act = pair(«make(1), make(2) → make(2), make(1)»)

=== closure calls module's function
def make(n):
    def run():
        return g(n)
    return run
def g(n):
    return n «+ 1 → + 2»
act = make(1)

=== closure calls itself
def make():
    def run(n):
        return run(n «- 1 → - 2»)
    return run
act = make()

=== nested function
def act():
    def f():
        return «1 → 2»
    return f()

=== nested function calls
def act():
    def f():
        return g()
    return f()
def g():
    return «1 → 2»

=== class in function
def make(n):
    class Act:
        def run(self):
            return n
    return Act
act = «make(1) → make(2)»

=== method by self
class A:
    def run(self):
        return self.f()
    def f(self):
        return «1 → 2»
act = A().run

=== method of base
class B:
    def f(self):
        return «1 → 2»
class A(B):
    def run(self):
        return self.f()
act = A().run

=== method of subclass
class B:
    def run(self):
        return self.f()
class A(B):
    def f(self):
        return «1 → 2»
act = A().run

=== metaclass
class M(type):
    x = «1 → 2»
class A(metaclass=M):
    def run(self):
        return type(self).x
act = A().run

=== instance's state
class A:
    def __init__(self, n):
        self.n = n
    def run(self):
        return self.n
act = «A(1) → A(2)».run

=== class attribute
class A:
    «n = 1 → n = 2»
    @classmethod
    def run(cls):
        return cls.n
act = A.run

=== class annotation
class A:
    n: «int → float»
def act():
    return A

=== static method through class
class A:
    @staticmethod
    def f():
        return «1 → 2»
def act():
    return A.f()

=== method through an instance of the module
class A:
    def f(self):
        return «1 → 2»
a = A()
def act():
    return a.f()

=== class reads the module's name it binds
«n = 1 → n = 2»
class A:
    n = n
def act():
    return A.n

=== method does not see the class's names
«n = 1 → n = 2»
class A:
    n = 5
    def f(self):
        return n
def act():
    return A().f()

=== callable object
class A:
    def __call__(self):
        return «1 → 2»
act = A()

=== callable object's state
class A:
    def __init__(self, n):
        self.n = n
    def __call__(self):
        return self.n
act = «A(1) → A(2)»

=== class as action
class act:
    def __init__(self):
        self.n = «1 → 2»

=== registered on an object of the module
import functools
@functools.singledispatch
def act(x):
    return 0
@act.register
def _(x: int):
    «return 1 → return 2»

=== annotation that a decorator reads
def typed(f):
    return f
@typed
def act(x: «int → str»):
    return x

=== walrus in comprehension stays local to the function
def act(xs):
    return [y for x in xs if (y := f(x))]
def f(x):
    return «1 → 2»

=== comprehension's first iterable
x = «[1] → [2]»
def act():
    return [x for x in x]

=== f-string
«A = 1 → A = 2»
def act():
    return f'{A:>4}'

=== from import
--- shop/stage.py
from shop.helpers import clean
def act():
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== from import as
--- shop/stage.py
from shop.helpers import clean as c
def act():
    return c()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== relative from import
--- shop/stage.py
from .helpers import clean
def act():
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== from package import module
--- shop/stage.py
from shop import helpers
def act():
    return helpers.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== relative module
--- shop/stage.py
from . import helpers as h
def act():
    return h.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== import module
--- shop/stage.py
import shop.helpers
def act():
    return shop.helpers.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== import module as
--- shop/stage.py
import shop.helpers as h
def act():
    return h.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== module as a value
--- shop/stage.py
import shop.helpers as h
def act():
    return getattr(h, 'cl' + 'ean')()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== star import
--- shop/stage.py
from shop.helpers import *
def act():
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== module at root
--- shop/stage.py
from shop_top import clean
def act():
    return clean()
--- shop_top.py
def clean():
    «return 1 → return 2»

=== deep package
--- shop/stage.py
import shop.a.b as m
def act():
    return m.clean()
--- shop/a/b.py
def clean():
    «return 1 → return 2»

=== import under TYPE_CHECKING too
--- shop/stage.py
import typing
if typing.TYPE_CHECKING:
    from shop.nowhere import x
from shop.helpers import clean
def act():
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy from import
--- shop/stage.py
def act():
    from shop.helpers import clean
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy from import as
--- shop/stage.py
def act():
    from shop.helpers import clean as c
    return c()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy relative import
--- shop/stage.py
def act():
    from .helpers import clean
    return clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy relative module
--- shop/stage.py
def act():
    from . import helpers
    return helpers.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy import
--- shop/stage.py
def act():
    import shop.helpers
    return shop.helpers.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy import as
--- shop/stage.py
def act():
    import shop.helpers as h
    return h.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy import of folder without init
--- shop/stage.py
def act():
    from shop_bare.m import clean
    return clean()
--- shop_bare/m.py
def clean():
    «return 1 → return 2»

=== lazy import at root
--- shop/stage.py
def act():
    import shop_top
    return shop_top.clean()
--- shop_top.py
def clean():
    «return 1 → return 2»

=== lazy import in nested function
--- shop/stage.py
def act():
    def f():
        from shop.helpers import clean
        return clean()
    return f()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== lazy import seen by nested function
--- shop/stage.py
def act():
    from shop.helpers import clean
    def f():
        return clean()
    return f()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== import_module with a name
--- shop/stage.py
def act():
    import importlib
    m = importlib.import_module('shop.helpers')
    return m.clean()
--- shop/helpers.py
def clean():
    «return 1 → return 2»

=== two imports away
--- shop/stage.py
from shop.a import f
def act():
    return f()
--- shop/a.py
from shop.b import g as f
--- shop/b.py
def g():
    return «1 → 2»

=== two lazy imports away
--- shop/stage.py
def act():
    from shop.a import f
    return f()
--- shop/a.py
def f():
    from shop.b import g
    return g()
--- shop/b.py
def g():
    return N
N = «1 → 2»

=== re-exported by a package
--- shop/stage.py
from shop.a import f
def act():
    return f()
--- shop/a/__init__.py
from .b import *
--- shop/a/b.py
__all__ = ['f']
def f():
    return «1 → 2»

=== imports in a circle
--- shop/stage.py
import shop.a as a
def act():
    return a.f()
def g():
    «return 1 → return 2»
--- shop/a.py
import shop.stage as stage
def f():
    return stage.g()

=== two names exchanged in an import
--- shop/stage.py
from shop.a import «f as p, g as q → g as p, f as q»
def act():
    return p() - q()
--- shop/a.py
def f():
    return 1
def g():
    return 2

=== closure holds a module
--- shop/stage.py
def make():
    import shop.a as a
    def run():
        return a.f()
    return run
act = make()
--- shop/a.py
def f():
    return «1 → 2»

=== base class in another module
--- shop/stage.py
from shop.a import Base
class A(Base):
    pass
def act():
    return A().f()
--- shop/a.py
class Base:
    def f(self):
        return «1 → 2»

=== lazily imported file that cannot be parsed
--- shop/stage.py
def act():
    from shop.a import f
--- shop/a.py
def f«(: → (::»

=== global past a local of the function around
«n = 1 → n = 2»
def act():
    n = 5
    def f():
        global n
        return n
    return f() + n

=== function taken from a class
class A:
    def run(self):
        return self.f()
    def f(self):
        return «1 → 2»
act = A.run

=== one of the functions made in a loop
made = []
for n in (1, 2):
    def run(n=n):
        return n
    made.append(run)
act = made[«0 → 1»]

=== global put there unseen in another module
--- shop/stage.py
from shop.a import f
def act():
    return f()
--- shop/a.py
globals().update(A=«1 → 2»)
def f():
    return A

=== order of star imports of one name
--- shop/stage.py
«from shop.a import *
from shop.c import * → from shop.c import *
from shop.a import *»
def act():
    return f()
--- shop/a.py
def f():
    return 1
--- shop/c.py
def f():
    return 2

=== value read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
def act():
    return READ
--- shop/n.txt
«1 → 2»

=== value of a value read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
N = int(READ) % 2
def act():
    return N
--- shop/n.txt
«1 → 2»

=== value read from a file in another module
--- shop/stage.py
from shop.a import N as M
def act():
    return M
--- shop/a.py
import pathlib
N = pathlib.Path(__file__).with_name('n.txt').read_text()
--- shop/n.txt
«1 → 2»

=== default read from a file
--- shop/stage.py
import pathlib
def act(n=pathlib.Path(__file__).with_name('n.txt').read_text()):
    return n
--- shop/n.txt
«1 → 2»

=== default of a method read from a file
--- shop/stage.py
import pathlib
class A:
    def f(self, n=pathlib.Path(__file__).with_name('n.txt').read_text()):
        return n
def act():
    return A().f()
--- shop/n.txt
«1 → 2»

=== class attribute read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
class A:
    n = READ + ''
def act():
    return A.n
--- shop/n.txt
«1 → 2»

=== constant under a condition read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
if READ.strip() == '1':
    N = 5
else:
    N = 6
def act():
    return N
--- shop/n.txt
«1 → 2»

=== constant set by global from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
N = 0
def configure():
    global N
    N = int(READ)
configure()
def act():
    return N
--- shop/n.txt
«1 → 2»

=== table filled by a function from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
T = {}
def fill(t):
    t['n'] = READ
fill(T)
def act():
    return T
--- shop/n.txt
«1 → 2»

=== list of lists filled in a loop over a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
T = [[]]
for n in READ:
    T[0].append(n)
def act():
    return T
--- shop/n.txt
«1 → 2»

=== large table read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
T = [int(READ)] * 50_000
def act():
    return T
--- shop/n.txt
«1 → 2»

=== captured value read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
def make(n):
    return lambda: n
act = make(READ)
--- shop/n.txt
«1 → 2»

=== view of bytes that a closure holds
def make(n):
    return lambda: n
act = make(memoryview(b'«1 → 2»'))

=== mapping proxy that a closure holds
import types
def make(n):
    return lambda: n
act = make(types.MappingProxyType({'a': «1 → 2»}))

=== function in a table filled by a decorator
T = {}
def reg(f):
    T[f.__name__] = f
    return f
@reg
def p():
    return «1 → 2»
def act():
    return T['p']()

=== function that only a table has
T = []
def reg(f):
    T.append(f)
@reg
def p():
    return «1 → 2»
def act():
    return T[0]()

=== helper of a function in a table
T = {}
def reg(f):
    T[f.__name__] = f
    return f
@reg
def p():
    return q()
def q():
    return «1 → 2»
def act():
    return T['p']()

=== class in a table filled by a decorator
T = {}
def reg(f):
    T[f.__name__] = f
    return f
@reg
class P:
    n = «1 → 2»
def act():
    return T['P'].n

=== wrapper in a table filled by a decorator
import functools
T = {}
def reg(f):
    @functools.wraps(f)
    def run():
        return f() «+ 1 → + 2»
    T[f.__name__] = run
    return f
@reg
def p():
    return 1
def act():
    return T['p']()

=== partial in a table
import functools
T = {}
def reg(name):
    T[name] = functools.partial(p, 1)
def p(n):
    return n «+ 1 → + 2»
reg('p')
def act():
    return T['p']()

=== function in a table of another module
--- shop/stage.py
from shop.a import T
def act():
    return T['p']()
--- shop/a.py
T = {}
def reg(f):
    T[f.__name__] = f
    return f
@reg
def p():
    return «1 → 2»

=== which function is in a table
T = {}
def p():
    return 1
def q():
    return 2
«vars()['T']['x'] = p → vars()['T']['x'] = q»
def act():
    return T['x']()

=== what a table has for a key
T = {'a': «1 → 2», 'b': 3}
def act():
    return T['a']

=== what a table in a table has
T = {'a': {'b': [0, «1 → 2»]}}
def act():
    return T['a']['b'][1]

=== type of what a table has for a key
T = {'a': «1 → 1.0»}
def act():
    return T['a']

=== what a table from a file has for a key
--- shop/stage.py
import json, pathlib
T = json.loads(pathlib.Path(__file__).with_name('t.json').read_text())
def act():
    return T['n']['a'].get('x')
--- shop/t.json
{"n": {"a": {"x": «1 → 2»}}}

=== what a table of another module has for a key
--- shop/stage.py
from shop.helpers import T as table
def act():
    return table['a']
--- shop/helpers.py
T = {'a': «1 → 2»}

=== what a table in a module has for a key
--- shop/stage.py
import shop.helpers
def act():
    return shop.helpers.T['a']
--- shop/helpers.py
T = {'a': «1 → 2»}

=== key that a table gets
T = {'«b → a»': 1}
def act():
    try:
        return T['a']
    except KeyError:
        return 2

=== table that is used as a whole beside a key
T = {'a': 1, 'b': «2 → 3»}
def act():
    return T['a'], sum(T.values())

=== table in which a key is looked for
T = {'a': 1, '«b → c»': 1}
def act():
    return T['a'] if 'b' in T else 0

=== table that the code fills
T = {'a': 1, 'b': «2 → 3»}
def fill():
    T['a'] = T.pop('b')
def act():
    fill()
    return T['a']

=== table that makes what it lacks
import collections
T = collections.defaultdict(lambda: «1 → 2», a=1)
def act():
    return T['a'], T['b']

=== table that answers itself
class Table(dict):
    def __getitem__(self, key):
        return «1 → 2»
T = Table(a=1)
def act():
    return T['a']

=== function for a key of a table
T = {'a': lambda: «1 → 2»}
def act():
    return T['a']()

=== table that has one of two origins
try:
    from shop.nowhere import T
except ImportError:
    T = {'a': «1 → 2»}
def act():
    return T['a']

=== one of a set's values
def act(x):
    return x in {1, «2 → 3»}

=== which of two equal values a set keeps
def act():
    return {«1, 1.0 → 1.0, 1»}

=== what an object in a list was made of
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
class A:
    def __init__(self, n):
        self.n = n
T = list([A(READ)])
def act():
    return T[0].n
--- shop/n.txt
«1 → 2»

=== what the method of a record uses
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
from typing import NamedTuple
class A(NamedTuple):
    n: int
    def f(self):
        return READ
T = A(len(READ))
def act():
    return T.f()
--- shop/n.txt
«1 → 2»

=== what a function in a computed table uses
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
def p():
    return READ
T = dict(p=p)
def act():
    return T['p']()
--- shop/n.txt
«1 → 2»

=== value used by itself and by another
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
N = len(READ)
def act():
    return N, READ
--- shop/n.txt
«1 → 2»
"""

KEEPS = """
=== comment
def act(x):
    y = f(x)
«    return y →     # why
    return y  # because»
def f(x):
    return x

=== docstring added
def act(x):
«    y = →     '''Do it.'''
    y =» f(x)
    return y
def f(x):
    return x

=== docstring edited
def act():
    '''«One → Two».'''
    return 1

=== docstring of helper
def act(x):
    y = f(x)
    return y
def f(x):
«    return x →     '''Same.'''
    return x»

=== docstring of class
class act:
    '''«One → Two».'''
    n = 1

=== layout
def act(x):
    y = «f(x)
    return → f(
        x,
    )

    return» y
def f(x):
    return x

=== brackets
def act(x):
    y = f(x)
    «return y → return (y)»
def f(x):
    return x

=== quotes
def act():
    return «'a' → "a"»

=== string in two pieces
def act():
    return «'ab' → 'a' 'b'»

=== lines above
«def act → import os

N = 1


def act»(x):
    y = f(x)
    return y
def f(x):
    return x

=== order of functions
«def act(x):
    y = f(x)
    return y
def f(x):
    return x
 → def f(x):
    return x
def act(x):
    y = f(x)
    return y»

=== unrelated function
def act(x):
    y = f(x)
    return y
def f(x):
    return x
def g():
    «return 1 → return 2»

=== unrelated constant
def act(x):
    y = f(x)
    return y
def f(x):
    return x
«N = 1 → N = 2»

=== unrelated import
«def act → import math
def act»(x):
    y = f(x)
    return y
def f(x):
    return x

=== another name of one import
from math «import floor → import ceil, floor»
def act(x):
    y = floor(x)
    return y
def f(x):
    return x

=== relative import
«from shop → from .» import b
def act():
    return b

=== annotation
«def act(x) → def act(x: int) -> str»:
    y = f(x)
    return y
def f(x):
    return x

=== annotation of local
def act(x):
    «y = f → y: float = f»(x)
    return y
def f(x):
    return x

=== annotation of constant
«N = → N: int =» 1
def act():
    return N

=== constant hidden by a local
«n = 1 → n = 2»
def act():
    n = 5
    return n

=== constant hidden by a parameter
«n = 1 → n = 2»
def act(n):
    return n

=== constant hidden by a loop
«n = 1 → n = 2»
def act():
    for n in (5,):
        return n

=== constant hidden in comprehension
«n = 1 → n = 2»
def act():
    return [n for n in (5,)]

=== constant hidden by except
«n = 1 → n = 2»
def act():
    try:
        pass
    except OSError as n:
        return n

=== constant hidden by match
«n = 1 → n = 2»
def act(x):
    match x:
        case [n, *_]:
            return n

=== constant hidden by walrus
«n = 1 → n = 2»
def act():
    return (n := 5) + n

=== constant hidden by an import
«n = 1 → n = 2»
def act():
    import math as n
    return n

=== constant hidden around
«n = 1 → n = 2»
def act():
    n = 5
    def f():
        return n
    return f

=== constant hidden by nonlocal
«n = 1 → n = 2»
def act():
    n = 5
    def f():
        nonlocal n
        n = n + 1
    return f

=== attribute of the same name
«n = 1 → n = 2»
def act(x):
    return x.n

=== other lambda on the line
act, other = lambda: 1, lambda: «2 → 3»

=== call under main
def act(x):
    y = f(x)
    return y
def f(x):
    return x
if __name__ == '__main__':
    «act(1) → act(2)»

=== cached function elsewhere
import functools
@functools.cache
def g():
    return «1 → 2»
@functools.cache
def act():
    return 5

=== enclosing function
def make(n):
    «x = 1 → x = 2»
    return lambda: n
act = make(3)

=== unused function of a module
--- shop/stage.py
import shop.a
def act():
    return shop.a.f()
--- shop/a.py
def f():
    return 1
def g():
    return «2 → 3»

=== unused module
--- shop/stage.py
import shop.a
def act():
    return 1
--- shop/a.py
N = «1 → 2»

=== installed package within the root
--- shop/stage.py
from shop_installed import f
def act():
    return f()
--- env/lib/shop_installed.py
def f():
    return «1 → 2»
--- env/pyvenv.cfg

=== constant hidden by walrus in comprehension
«n = 1 → n = 2»
def act():
    return [n := x for x in (5,)] + [n]

=== unused function of a module that a closure holds
--- shop/stage.py
def make():
    import shop.a as a
    def run():
        return a.f()
    return run
act = make()
--- shop/a.py
def f():
    return 1
def g():
    return «2 → 3»

=== folder named like a library module
--- shop/stage.py
def act():
    import antigravity
    return antigravity.inner.f()
--- antigravity/inner.py
def f():
    return «1 → 2»

=== order of a set's values
def act(x):
    return x in {«1, 2 → 2, 1»}

=== unused value read from a file
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
def act():
    return 1
--- shop/n.txt
«1 → 2»

=== part of a file that no value has
--- shop/stage.py
import pathlib
READ = pathlib.Path(__file__).with_name('n.txt').read_text()
N = len(READ)
def act():
    return N
--- shop/n.txt
«1 → 2»

=== value spelled in another way
def act():
    return N
«import os
N = [1, 2] → N = [1,
     2]
import os»

=== unused function beside a table
T = {}
def reg(f):
    T[f.__name__] = f
    return f
@reg
def p():
    return 1
def q():
    return «1 → 2»
def act():
    return T['p']()

=== lines above the functions in a table
«T = {} → import os


T = {}»
def reg(f):
    T[f.__name__] = f
    return f
@reg
def p():
    return 1
def act():
    return T['p']()

=== what a table has for another key
T = {'a': 1, 'b': «2 → 3»}
def act():
    return T['a']

=== what a table in a table has for another key
T = {'a': {'b': [«1 → 2», 0]}}
def act():
    return T['a']['b'][1]

=== what a table from a file has for another key
--- shop/stage.py
import json, pathlib
T = json.loads(pathlib.Path(__file__).with_name('t.json').read_text())
def act():
    return T['n']
--- shop/t.json
{"n": 1, "m": «1 → 2»}

=== what a table of another module has for another key
--- shop/stage.py
import shop.helpers as h
from shop.helpers import U
def act():
    return h.T['a'] + U['a']
--- shop/helpers.py
«T, U = {'a': 1}, {'a': 1} → T, U = {'a': 1, 'b': 2}, {'a': 1, 'c': 3}»

=== another key of a table behind a constant
T = {'a': 1, 'b': «2 → 3»}
N = T['a']
def act():
    return N

=== how what a table has for a key came there
T = «{'a': 1} → dict(a=1)»
def act():
    return T['a']
"""


class Situation(NamedTuple):
    """The files of a project before and after an edit."""

    name: str
    before: Mapping[str, str]
    after: Mapping[str, str]


def situations(table: str) -> list[Situation]:
    found = []
    for text in re.split("^=== ", table, flags=re.M)[1:]:
        name, _, body = text.partition("\n")
        assert len(re.findall("«.* → .*»", body, flags=re.S)) == 1, name
        before = re.sub("«(.*) → (.*)»", r"\1", body, flags=re.S)
        after = re.sub("«(.*) → (.*)»", r"\2", body, flags=re.S)
        found.append(Situation(name, files(before), files(after)))
    return found


def files(text: str) -> dict[str, str]:
    pieces = re.split("^--- (.*)\n", text, flags=re.M)
    if len(pieces) == 1:
        return {"shop/stage.py": text}
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


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


def write(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in {"shop/__init__.py": "", "shop/b.py": "", **texts}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        # Older than this process, as the files of a project are.
        os.utime(root / path, (1_000_000_000, 1_000_000_000))


def code_of_act(root: Path) -> Code:
    forget()
    return CodeReader(str(root)).of(importlib.import_module("shop.stage").act)


def before_and_after(root: Path, situation: Situation) -> tuple[Code, Code]:
    assert situation.before != situation.after
    write(root, situation.before)
    before = code_of_act(root)
    write(root, situation.after)
    return before, code_of_act(root)


@pytest.mark.parametrize("situation", situations(CHANGES), ids=lambda it: it.name)
def test_edit_changes_the_meaning(project: Path, situation: Situation) -> None:
    before, after = before_and_after(project, situation)
    assert before.digest != after.digest
    assert before.digests != after.digests


@pytest.mark.parametrize("situation", situations(KEEPS), ids=lambda it: it.name)
def test_edit_keeps_the_meaning(project: Path, situation: Situation) -> None:
    before, after = before_and_after(project, situation)
    assert before.digest == after.digest
    assert before.digests == after.digests
