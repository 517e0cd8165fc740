"""One build of a random project, held to what the oracle says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.property.forked import KILLED, doit, said_in
from tests.property.stages import Content, Stage
from tests.property.world import Expected, World


@dataclass(frozen=True)
class Edit:
    """An edit of raw data while a stage runs: when its action begins, or before that ends.

    One that is made `each_time` appends the text.
    """

    moment: str
    path: str
    text: str
    each_time: bool


class Build:
    """One build, and what is seen of it: its exit code, which actions began, and which ended."""

    def __init__(self, world: World, log: Path, workers: str) -> None:
        self._world = world
        self._log = log
        self._workers = workers
        self._arguments: tuple[str, ...] = ()
        self._code = 0
        self._stage: Stage | None = None
        self._edit: Edit | None = None

    def edit(self, stage: Stage, edit: Edit) -> None:
        """Have a file edited while a stage runs."""
        self._stage, self._edit = stage, edit
        self._before = self._world.read(edit.path)
        fields = (f"{edit.moment} {stage.name}", edit.path, edit.text, "x" * edit.each_time)
        wish = self._log.with_name(f"{self._log.name}.edit")
        wish.write_text("\0".join(fields), errors="surrogateescape")

    def run(self, *arguments: str, kill_after: float | None = None) -> None:
        """Run doit, or let it run for so many seconds."""
        self._arguments = arguments
        words = ("run", "-n", self._workers, *arguments)
        self._code = doit(self._world.folder, *words, log=self._log, kill_after=kill_after)
        self._began, self._ended = self._world.ran(self._log)
        self._said = f"{arguments}\n{said_in(self._world.folder)}"

    @property
    def edited(self) -> bool:
        """Whether the moment came in which a file was to be edited."""
        if self._stage is None or self._edit is None or self._stage.kind != "python":
            return False
        ran = {"begin": self._began, "end": self._ended}[self._edit.moment]
        return self._stage.name in ran

    def check(self, expected: Expected) -> None:
        """Hold the build to what it had to do, and have the world learn of it."""
        if self._code == KILLED:
            self._check_killed(expected)
        elif expected.missing:
            assert (self._code, self._began) == (3, []), f"{expected.missing}\n{self._said}"
        else:
            # doit's code for an exception.
            assert self._code == (2 if expected.failing else 0), self._said
            self._check_stages(expected)
            self._world.learn(expected, self._began, self._ended)

    def _check_killed(self, expected: Expected) -> None:
        # Whether one that ended was recorded, too, is not to be seen from outside; and what did
        # not run may have had no need to.
        self._world.doubt({expected.keys[name] for name in (*expected.must, *self._began)})
        for path, content in expected.before.items():
            assert self._world.read(path) in (content, expected.right[path]), path

    def _check_stages(self, expected: Expected) -> None:
        began = [name for name in self._began if name in expected.keys]
        ended = [name for name in self._ended if name in expected.keys]
        story = f"ran {began}, had to run {sorted(expected.must)}\n{self._said}"
        assert len(began) == len(set(began)), story
        unsure = {name for name, key in expected.keys.items() if key in self._world.unsure}
        had_to, did = set(expected.must) - unsure, set(began) - unsure
        if "-c" in self._arguments or not expected.failing:
            assert did == had_to, story
        assert did <= had_to, story
        assert set(began) - set(ended) == expected.failing & set(began), story
        for name, (_, targets) in expected.keys.items():
            stopped = name in expected.must and name not in (*ended, *expected.fresh)
            self._check_targets(expected.before if stopped else expected.right, targets)

    def _check_targets(self, right: dict[str, Content], targets: Collection[str]) -> None:
        for path in targets:
            assert self._world.read(path) == right[path], f"{path}\n{self._said}"

    def check_edited(self, expected: Expected) -> None:
        """Hold the build to what it had to do although raw data was edited meanwhile.

        Of who reads that, or what is made of it, it depends on the instant what they saw; not so
        of the stage that ran then, if what it is made of was not touched by that otherwise.
        """
        assert self._stage is not None
        assert self._edit is not None
        assert self._code in (0, 1, 2), self._said
        world, name = self._world, self._stage.name
        readers = world.readers(self._edit.path)
        touched = world.downstream(readers)
        untouched = expected.without(touched)
        self._check_stages(untouched)
        world.learn(untouched, *self._only(untouched))
        world.doubt({expected.keys[reader] for reader in touched})
        if name in readers and not touched & (world.upstream(name) - {name}):
            self._check_moved(name, expected)

    def _only(self, expected: Expected) -> tuple[list[str], list[str]]:
        both = (self._began, self._ended)
        began, ended = ([name for name in ran if name in expected.keys] for ran in both)
        return began, ended

    def _check_moved(self, name: str, before: Expected) -> None:
        """Hold the stage whose input was edited while it ran to what had to become of it."""
        assert self._edit is not None
        world, edit = self._world, self._edit
        now = world.expect(before.n, before.keys)
        key, failed = now.keys[name], name in now.failing
        moved = world.read(edit.path) != self._before
        again = moved and not (failed and edit.moment == "begin")
        attempts = (self._began.count(name), self._ended.count(name))
        assert attempts == (1 + again, 1 + again - failed), f"{name} {attempts}\n{self._said}"
        if failed or edit.each_time:
            self._check_targets(before.before, key[1])
            world.known.pop(key, None)
        else:
            self._check_targets(now.right, key[1])
            world.learn(now.without(set(now.keys) - {name}), [name], [name])
        world.unsure.discard(key)
