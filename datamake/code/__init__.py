"""What an action means: the identity of a callable's code, read without running it.

`CodeReader(root).of(function)` follows the syntax trees of a project's source files from
name to name, and `describe(value, reader)` says what an argument is. Names of a module, attributes
of classes and defaults that are not spelled out as constants count by their present value too,
where that is plain data; functions and classes in a table are followed. Where it is not clear
what a name stands for, more code counts rather than less: a module used as a value counts
as a whole, and so does the module of a name that no statement explains.

What cannot be followed, and so does not count:

- attributes of values: in `x.clean()` the class of `x` counts only where `x` is `self`, a
  name of a module, a captured value or an argument that is described;
- names set on a module from another one, and the state of objects that are no plain data;
- module names and code put together when the action runs: `import_module(f"{name}")`,
  `eval`, `exec`, other programs;
- what importing a module does beside giving values to names that are used;
- values of a module that is imported by a function only: there the expression counts;
- docstrings that code reads, and annotations of undecorated functions;
- the versions of Python and of installed packages;
- an edit of another module between its import and the reading of its file.
"""

from datamake.code.parts import Code
from datamake.code.reader import CodeReader
from datamake.code.values import describe

__all__ = ["Code", "CodeReader", "describe"]
