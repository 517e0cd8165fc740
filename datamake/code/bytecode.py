"""The meaning of code without source: what its instructions do, in stable text."""

from collections.abc import Iterator
from types import CodeType

from blake3 import blake3


def bytecode_text(code: CodeType) -> str:
    """Text that is equal for equal instructions, names and constants.

    It leaves out where the code stood. Another release of Python may give another text.
    """
    instructions = blake3(code.co_code + code.co_exceptiontable).hexdigest(length=16)
    lines = [
        f"# no source: {code.co_qualname}, instructions {instructions}",
        f"arguments {_arguments(code)}, flags {code.co_flags}",
        f"names {code.co_names}",
        f"variables {code.co_varnames}, {code.co_cellvars}, {code.co_freevars}",
        *(f"constant {_constant(constant)}" for constant in code.co_consts),
    ]
    return "\n".join(lines)


def names_used(code: CodeType) -> set[str]:
    """Every name that the code may look up, in functions within it too."""
    return {name for inner in _all(code) for name in inner.co_names}


def _all(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all(constant)


def _arguments(code: CodeType) -> tuple[int, int, int]:
    return code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount


def _constant(constant: object) -> str:
    if isinstance(constant, CodeType):
        return bytecode_text(constant).replace("\n", "\n    ")
    if isinstance(constant, tuple):
        return f"({', '.join(map(_constant, constant))},)"
    if isinstance(constant, frozenset):
        # Its own order is another in every process.
        return f"{{{', '.join(sorted(map(_constant, constant)))}}}"
    return hex(constant) if type(constant) is int else repr(constant)
