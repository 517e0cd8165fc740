"""Parameters of a task: declared by its creator's signature, given as text or in TOML."""

import functools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from doit import task_params
from doit.exceptions import InvalidCommand
from msgspec import Meta

from datamake.parameters import REQUIRED, InvalidParameter, Parameter, parameters_of, unknown

Count = Annotated[int, Meta(ge=0)]
SHELL = "on the command line"
TOML = "in [tool.datamake.parameters] of pyproject.toml"

HEADER = """\
from typing import Annotated, Literal, TYPE_CHECKING
from msgspec import Meta
if TYPE_CHECKING:
    from nowhere import Task

Count = Annotated[int, Meta(ge=0)]

"""


def creator_of(source: str, future: bool = False) -> Callable[..., object]:
    """The function `task_squares` of a module at tasks/squares.py, on line 8 of it."""
    header = "from __future__ import annotations; import typing\n" if future else "import typing\n"
    lines = HEADER.splitlines(keepends=True)
    namespace: dict[str, Any] = {}
    code = header + "".join(lines[:-1]) + source
    exec(compile(code, "tasks/squares.py", "exec", dont_inherit=True), namespace)
    found: Callable[..., object] = namespace["task_squares"]
    return found


def declared(creator: Callable[..., object]) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.annotation, each.default) for each in parameters_of(creator)]


@pytest.mark.parametrize("future", [False, True], ids=["evaluated", "postponed"])
def test_a_signature_declares_parameters_in_its_order(future: bool) -> None:
    creator = creator_of(
        "def task_squares(n: Count = 10, *, origin: Literal['EWR', 'JFK'], ids: list['Count'] = ()"
        ") -> 'Task': ...",
        future,
    )
    assert declared(creator) == [
        ("n", Count, 10),
        ("origin", Literal["EWR", "JFK"], REQUIRED),
        ("ids", list[Count], []),
    ]


def test_a_creator_without_parameters_declares_none() -> None:
    assert parameters_of(lambda: {}) == ()


def test_the_first_argument_of_a_method_is_no_parameter() -> None:
    class Tasks:
        def create(self, n: Count = 10) -> None: ...

        @classmethod
        def create_all(cls, n: Count = 10) -> None: ...

        def __call__(self, n: Count = 10) -> None: ...

    expected = [("n", Count, 10)]
    assert declared(Tasks().create) == expected
    assert declared(Tasks.create_all) == expected
    assert declared(Tasks()) == expected


def test_a_wrapped_or_partial_creator_declares_what_it_wraps() -> None:
    creator = creator_of("def task_squares(n: Count, k: Count = 3): ...", future=True)

    @functools.wraps(creator)
    def wrapper(*arguments: object, **options: object) -> object:
        return creator(*arguments, **options)

    assert declared(wrapper) == [("n", Count, REQUIRED), ("k", Count, 3)]
    assert declared(functools.partial(creator, k=4)) == [("n", Count, REQUIRED), ("k", Count, 4)]


@pytest.mark.parametrize(
    ("default", "annotation"),
    [
        (10, int),
        (1.5, float),
        (True, bool),
        ("x", str),
        (None, str | None),
        (date(2026, 1, 31), date),
        ([1, 2], list[int]),
        ([], list[str]),
        ((1.5,), tuple[float, ...]),
        ({"a"}, set[str]),
    ],
    ids=repr,
)
def test_an_unannotated_default_gives_its_type(default: object, annotation: Any) -> None:
    def creator(value=default): ...  # type: ignore[no-untyped-def]

    assert declared(creator) == [("value", annotation, default)]


@pytest.mark.parametrize("default", [object(), {"a": 1}, [1, "a"], ["a", 1], b"x", int])
def test_an_unannotated_default_that_no_text_gives_is_left_alone(default: object) -> None:
    def creator(value=default): ...  # type: ignore[no-untyped-def]

    assert parameters_of(creator) == ()


def test_without_annotation_and_default_a_parameter_is_a_required_text() -> None:
    def creator(name, *arguments, **options): ...  # type: ignore[no-untyped-def]

    assert declared(creator) == [("name", str, REQUIRED)]


def test_a_default_makes_a_parameter_optional_and_is_typed_like_a_given_value() -> None:
    def creator(share: float = 1, folder: Path = "data", none: int | None = None) -> None: ...  # type: ignore[assignment]

    share, folder, none = parameters_of(creator)
    assert isinstance(share.default, float)
    assert folder.default == Path("data")
    assert none.default is None


def test_what_doit_declares_itself_is_left_to_doit() -> None:
    @task_params([{"name": "size", "default": 3, "type": int}])  # type: ignore[untyped-decorator]
    def creator(size, n: Count = 10): ...  # type: ignore[no-untyped-def]

    assert declared(creator) == [("n", Count, 10)]


USE = (
    "use int, float, bool, str, date, datetime, timedelta, Path, Enum, Literal, "
    "X | None, list[X], tuple[X, ...], set[X]"
)

WRONG = {
    "n: complex": f"n: complex is no type for a parameter, {USE},",
    "n: complex = 1j": f"n: complex is no type for a parameter, {USE},",
    "n: 'Coutn' = 1": "n: cannot resolve the annotation 'Coutn' (name 'Coutn' is not defined),",
    "n: 'typing.Coutn'": (
        "n: cannot resolve the annotation 'typing.Coutn' "
        "(module 'typing' has no attribute 'Coutn'),"
    ),
    "n: Annotated[bool, Meta(pattern='y')]": (
        "n: Can only set `pattern` on a str type - "
        "type `typing.Annotated[bool, msgspec.Meta(pattern='y')]` is invalid,"
    ),
    "n: Count = -1": "n=-1: must be an integer >= 0, given as the default",
    "n: Count = None": "n=none: must be an integer >= 0, given as the default",
    "n: Count = 1, /": "n: is positional only and cannot be set by name, remove the '/',",
}


@pytest.mark.parametrize(("signature", "message"), WRONG.items(), ids=WRONG)
def test_a_wrong_declaration_names_the_creator_and_its_line(signature: str, message: str) -> None:
    creator = creator_of(f"def task_squares({signature}): ...")
    with pytest.raises(InvalidParameter) as refused:
        parameters_of(creator)
    assert str(refused.value) == f"{message} in task_squares (tasks/squares.py:8)"


def test_a_wrong_annotation_of_something_else_than_a_function_is_named() -> None:
    class Task:
        def __call__(self, n: complex) -> None: ...

    with pytest.raises(InvalidParameter, match=r"Task\.__call__ \(.*test_parameters\.py:\d+\)$"):
        parameters_of(Task())


MESSAGES = [
    ("n", Count, "-1", SHELL, "n=-1: must be an integer >= 0, given on the command line"),
    (
        "n",
        Count,
        "1e6",
        SHELL,
        "n=1e6: must be an integer >= 0 (did you mean 1000000?), given on the command line",
    ),
    (
        "n",
        Count,
        True,
        TOML,
        "n=true: must be an integer >= 0, given in [tool.datamake.parameters] of pyproject.toml",
    ),
    (
        "origin",
        Literal["EWR", "JFK"],
        "EWQ",
        SHELL,
        "origin=EWQ: must be one of 'EWR', 'JFK' (did you mean 'EWR'?), given on the command line",
    ),
    (
        "ids",
        list[int],
        [1, "x"],
        TOML,
        "ids=1,x: item 2 (x) must be an integer, "
        "given in [tool.datamake.parameters] of pyproject.toml",
    ),
    (
        "name",
        int,
        "two\nlines",
        SHELL,
        r"name='two\nlines': must be an integer, given on the command line",
    ),
]


@pytest.mark.parametrize(
    ("name", "annotation", "given", "source", "message"),
    MESSAGES,
    ids=[f"{row[0]}={row[2]!r}" for row in MESSAGES],
)
def test_a_wrong_value_is_told_in_one_line(
    name: str, annotation: Any, given: object, source: str, message: str
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        Parameter(name, annotation).convert(given, source)
    assert str(refused.value) == message


def test_doit_prints_an_invalid_parameter_as_a_mistake_at_the_shell() -> None:
    assert issubclass(InvalidParameter, InvalidCommand)


def test_a_value_is_converted_and_shown_as_it_would_be_typed() -> None:
    parameter = Parameter("wait", timedelta)
    assert parameter.convert("90", SHELL) == timedelta(seconds=90)
    assert parameter.text(timedelta(seconds=90)) == "90s"


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Count, "int >= 0"),
        (Annotated[int, Meta(ge=0, description="how many")], "how many (int >= 0)"),
    ],
    ids=["bounds", "description"],
)
def test_a_parameter_is_described(annotation: Any, words: str) -> None:
    assert Parameter("n", annotation).describe() == words


@pytest.mark.parametrize(
    ("names", "known", "message"),
    [
        (
            ["m"],
            ["origin", "n", "min_flights"],
            "no task takes a parameter named 'm': did you mean 'n'? "
            "Parameters: min_flights, n, origin",
        ),
        (
            ["orgin", "min_flight", "zzz"],
            ["n", "origin", "min_flights"],
            "no task takes parameters named 'orgin', 'min_flight', 'zzz': "
            "did you mean 'origin', 'min_flights'? Parameters: min_flights, n, origin",
        ),
        (["zzz"], ["n"], "no task takes a parameter named 'zzz'. Parameters: n"),
        (["k"], ["m", "n"], "no task takes a parameter named 'k'. Parameters: m, n"),
        (["n"], [], "no task takes a parameter named 'n': no task here has parameters"),
    ],
    ids=["one letter", "several", "nothing near", "two letters as near", "no parameters"],
)
def test_an_unknown_name_is_told_with_the_nearest(
    names: list[str], known: list[str], message: str
) -> None:
    assert unknown(names, known) == message
