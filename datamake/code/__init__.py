"""What an action means: the identity of a callable's code, read without running it.

`CodeReader(root).of(function)` follows the syntax trees of a project's source files from
name to name, and `describe(value, reader)` says what an argument is.
"""

from datamake.code.parts import Code
from datamake.code.reader import CodeReader
from datamake.code.values import describe

__all__ = ["Code", "CodeReader", "describe"]
