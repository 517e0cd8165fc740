"""Plain parts, verdicts and pictures for the tests of what draws them."""

from __future__ import annotations

from datamake.model import Reason, State, Why
from datamake.picture.assembly import Wish, assemble
from datamake.picture.model import Edge, Judged, Kind, Node, Part, Picture

FRESH = Judged(State.FRESH, seconds=0.5)
STALE = Judged(State.STALE, (Reason(Why.INPUT_CHANGED, "raw"),), seconds=90)

HOSTILE = [
    'a"b',
    "c\\",
    "\\N\\n\\G",
    "<b>x</b>",
    "&amp;",
    "]]>",
    "a\nb",
    "bell\x07",
    "数据",
    "`tick`",
    "a[1](x){y}|z",
    "#35; hash;",
    "end --> n1",
    "%%{init}%%",
    "\udce9raw",
    "</script><script>alert(1)</script>",
    "--></style>",
    "\u202ertl",
    "back\\\\slash\\",
    "-",
    " ",
]


def chain(*names: str) -> dict[str, Part]:
    """Parts each of which reads what the one before makes; the first reads `raw`."""
    parts: dict[str, Part] = {}
    path, makers = "raw", ()
    for name in names:
        parts[name] = Part(name, {path: makers}, (f"{name}.out",))
        path, makers = f"{name}.out", (name,)  # type: ignore[assignment]
    return parts


def group(name: str, size: int, reads: str = "") -> dict[str, Part]:
    """A hidden part with sub-tasks, each of which makes a file of its own."""
    members = {
        f"{name}:{i}": Part(
            f"{name}:{i}", {reads: ()} if reads else {}, (f"{name}/{i}.csv",), group=name
        )
        for i in range(size)
    }
    whole = Part(name, needs=tuple(members), hidden=True, is_group=True, doc=f"all of {name}")
    return {name: whole, **members}


def drawn(parts: dict[str, Part], wish: Wish | None = None, **judged: Judged) -> Picture:
    """The picture of parts that are fresh unless something else is said."""
    return assemble(parts, {name: judged.get(name, FRESH) for name in parts}, wish)


def hostile() -> Picture:
    """A picture of a stage and a file for each hostile name, joined in a chain."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    for name in HOSTILE:
        stage = Node(f"stage:{name}", Kind.STAGE, name, State.STALE, name, (name,), doc=name)
        file = Node(f"file:{name}", Kind.FILE, name, State.STALE, name, (name,))
        other = Node(f"file:2{name}", Kind.FILE, f"{name}/2")
        if nodes:
            edges.append(Edge(nodes[-1].key, stage.key, order=True))
        edges += [Edge(stage.key, file.key), Edge(stage.key, other.key)]
        nodes += [stage, file, other]
    return Picture(tuple(nodes), tuple(edges))
