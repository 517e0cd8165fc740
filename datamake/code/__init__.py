"""What an action means: the identity of a callable's code, read without running it.

`CodeReader(root).of(function)` follows the syntax trees of a project's source files from
name to name, and `describe(value, reader)` says what an argument is. Where it is not clear
what a name stands for, more code counts rather than less: a module used as a value counts
as a whole, and so does the module of a name that no statement explains.

What cannot be followed, and so does not count:

- attributes of values: in `x.clean()` the class of `x` counts only where `x` is `self`, a
  name of a module, a captured value or an argument that is described;
- functions that a decorator without a dot (`@register`) puts into a table, values changed
  by passing them to a function, and names set on a module from another one;
- module names and code put together when the action runs: `import_module(f"{name}")`,
  `eval`, `exec`, other programs;
- what importing a module does beside giving values to names that are used;
- what an expression reads when its module is imported: for `LIMIT = int(os.environ["N"])`
  the expression counts, not the number;
- docstrings that code reads, and annotations of undecorated functions;
- the versions of Python and of installed packages;
- an edit of another module between its import and the reading of its file.
"""

from datamake.code.parts import Code
from datamake.code.reader import CodeReader
from datamake.code.values import describe

__all__ = ["Code", "CodeReader", "describe"]
