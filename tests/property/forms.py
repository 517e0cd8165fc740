"""The ways in which a stage's code can come by a constant: each is a place where code changes."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

BODY = """
def {function}({parameters}):
    note("begin {name}")
    texts = [content(path) for path in dependencies]
    for number, target in enumerate(targets):
        text = mix({keep}, {read}, argument, {helper}, {rate}, texts, number)
        write(target, f"{{{read}}}.txt", text){fails}
    note("end {name}"){comment}
"""

# What every random pipeline has for those forms.
GIVEN = """
def given(constant):
    def around(function):
        def make(argument, dependencies, targets):
            return function(argument, dependencies, targets, constant)
        return make
    return around
"""

PARAMETERS = "argument, dependencies, targets"


@dataclass(frozen=True)
class Form:
    """How code reads the constant, and what stands around the function that does.

    `parameters` are the function's, `before` and `behind` are the lines above and below it, and
    `inside` says that it is a part of what stands above.
    """

    read: str
    parameters: str = PARAMETERS
    before: str = ""
    behind: str = ""
    inside: bool = False
    function: str = "make_{name}"

    def code(self, name: str, constant: int, parts: dict[str, object]) -> str:
        """Return the lines that define `make_{name}`; `parts` are what else its body is made of."""

        def filled(text: str) -> str:
            return text.format(name=name, constant=constant)

        body = BODY.format(
            name=name,
            function=filled(self.function),
            parameters=filled(self.parameters),
            read=filled(self.read),
            **parts,
        )
        if self.inside:
            body = textwrap.indent(body.strip("\n"), "    ")
        lines = (filled(self.before), body.strip("\n"), filled(self.behind))
        return "\n" + "\n".join(line for line in lines if line) + "\n"


FORMS = {
    "body": Form("{constant}"),
    "global": Form("CONSTANT_{name}", before="CONSTANT_{name} = {constant}"),
    "lambda": Form("pick_{name}()", before="pick_{name} = lambda: {constant}"),
    "default": Form("constant", f"{PARAMETERS}, constant={{constant}}"),
    "partial": Form(
        "constant",
        f"{PARAMETERS}, constant",
        behind="make_{name} = functools.partial(with_{name}, constant={constant})",
        function="with_{name}",
    ),
    "closure": Form(
        "constant",
        before="def maker_{name}(constant):",
        behind="    return make\nmake_{name} = maker_{name}({constant})",
        inside=True,
        function="make",
    ),
    "decorator": Form("constant", f"{PARAMETERS}, constant", before="@given({constant})"),
    "method": Form(
        "self.constant",
        f"self, {PARAMETERS}",
        before="class Base_{name}:\n    constant = {constant}\n\nclass Maker_{name}(Base_{name}):",
        behind="make_{name} = Maker_{name}().make",
        inside=True,
        function="make",
    ),
}
