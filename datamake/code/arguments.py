"""The parameters of a function as its syntax tree has them."""

import ast


def spelled(arguments: ast.arguments) -> str:
    """The names by kind: positional only, plain, `*`, keyword only, `**`."""
    return str([[argument.arg for argument in group] for group in _groups(arguments)])


def parameter_names(arguments: ast.arguments) -> list[str]:
    """The names that the function binds when it is called."""
    return [argument.arg for group in _groups(arguments) for argument in group]


def annotations(arguments: ast.arguments) -> list[ast.expr | None]:
    """The annotations, one a parameter."""
    return [argument.annotation for group in _groups(arguments) for argument in group]


def _groups(arguments: ast.arguments) -> list[list[ast.arg]]:
    return [
        arguments.posonlyargs,
        arguments.args,
        [arguments.vararg] if arguments.vararg else [],
        arguments.kwonlyargs,
        [arguments.kwarg] if arguments.kwarg else [],
    ]
