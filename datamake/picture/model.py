"""The frozen data of a picture: nodes for stages, groups and files, and what joins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from msgspec import Struct

from datamake.model import Reason, State


class Part(Struct, frozen=True):
    """A task as a picture needs it, before it is judged.

    `reads` maps each input to the names of the tasks that make it; none make a source. `needs`
    are the upstream tasks other than those. `group` is the task that this is a sub-task of. A
    `hidden` part stands for its sub-tasks and has no node of its own.
    """

    name: str
    reads: Mapping[str, tuple[str, ...]] = {}
    makes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    group: str = ""
    doc: str = ""
    hidden: bool = False
    is_group: bool = False

    def upstream(self) -> Iterator[str]:
        """Yield the names of the parts right above this one, some of them twice."""
        yield from self.needs
        for names in self.reads.values():
            yield from names


class Judged(Struct, frozen=True):
    """How a part stands, and how long its last build took if that is known."""

    state: State
    reasons: tuple[Reason, ...] = ()
    waits_for: tuple[str, ...] = ()
    seconds: float | None = None


class Kind(Enum):
    """What a node stands for."""

    STAGE = "stage"
    GROUP = "group"
    FILE = "file"


class Node(Struct, frozen=True):
    """One box of a picture.

    `key` is its own among all nodes. `state` is None for a file about which nothing is to be said.
    `details` says why a stage is as it is, or what is the matter with a file, in words; `brief`
    is the same in few. A node that was folded stands for `count` stages or files, and `states`
    counts the stages among them. `seconds` is None where no duration is known or wanted. `bundle`
    are the files of a node that shows several by name.
    """

    key: str
    kind: Kind
    name: str
    state: State | None = None
    brief: str = ""
    details: tuple[str, ...] = ()
    doc: str = ""
    seconds: float | None = None
    count: int = 1
    states: Mapping[State, int] = {}
    bundle: tuple[Node, ...] = ()

    @property
    def folded(self) -> bool:
        """Whether the node stands for several."""
        return self.count > 1


class Edge(Struct, frozen=True):
    """What comes first, and what needs it: by a file, or else in `order` alone."""

    source: str
    target: str
    order: bool = False


class Picture(Struct, frozen=True):
    """A graph to be drawn: nodes with stages upstream first, and edges between their keys."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def counts(self) -> dict[State, int]:
        """Count the stages in each state, those in folded groups too."""
        found = dict.fromkeys(State, 0)
        for node in self.nodes:
            if node.folded and node.kind is Kind.GROUP:
                for state, count in node.states.items():
                    found[state] += count
            elif node.kind is Kind.STAGE and node.state is not None:
                found[node.state] += 1
        return {state: count for state, count in found.items() if count}
