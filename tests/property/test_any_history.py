"""Whatever happens to a project: after a build all is right, and only what had to run ran."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.property.build import Build, Edit
from tests.property.changes import CHANGES, contents, positions, raw, stage_at
from tests.property.forked import doit, said_in
from tests.property.forms import FORMS
from tests.property.stages import Stage, is_plain
from tests.property.world import INPUTS, World

# So many sequences in both tests together, and so many changes with a build in each.
SEQUENCES = int(os.environ.get("DATAMAKE_SEQUENCES", "200"))
STEPS = 7

TARGETS = ("out/{}.txt", "out/{}-{{n}}.txt", "out/{}.d", "out/it's\n {}.txt", "-{}\udce9.txt")
SECOND_TARGETS = ("out/{}-second.txt", "second/{}-{{n}}.txt", "second/{}.d")


edits = st.builds(
    Edit,
    moment=st.sampled_from(["begin", "end"]),
    path=raw,
    text=contents,
    each_time=st.sampled_from([False, False, True]),
)
some_changes = st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4)


@st.composite
def stages(draw: st.DrawFn, name: str, made: list[str]) -> Stage:
    """Draw a stage of this name that reads raw data, or what others make."""
    kind = draw(st.sampled_from(["python", "python", "python", "shell", "list"]))
    possible, targets, others = [*INPUTS, *made], [*TARGETS], [*SECOND_TARGETS, None]
    if kind != "python":  # commands read and write files alone
        possible = [path for path in possible if path.endswith(".txt")]
        targets = [path for path in targets if path.endswith(".txt")]
        others = [path for path in others if path and path.endswith(".txt")]
    if kind == "shell":  # and their text has no quotes around them
        possible, targets = list(filter(is_plain, possible)), list(filter(is_plain, targets))
    first = draw(st.sampled_from(targets))
    second = draw(st.sampled_from(others)) if kind != "list" else None
    chosen = [path.format(name) for path in (first, second) if path]
    return Stage(
        name,
        tuple(
            draw(
                st.lists(
                    st.sampled_from(possible),
                    min_size=draw(st.sampled_from([1, 1, 0])),
                    max_size=3,
                    unique=True,
                )
            )
        ),
        tuple(chosen),
        kind,
        draw(st.sampled_from(sorted(FORMS))),
        counted=kind == "python" and draw(st.sampled_from([False, False, True])),
        keep=draw(st.sampled_from([1, 16])),
        helper=draw(st.booleans()),
        rated=draw(st.booleans()),
        fragile=kind == "python" and draw(st.booleans()),
    )


class AnyHistory(RuleBasedStateMachine):
    """A random graph of stages; random changes of files and code; builds and kills between."""

    workers = "0"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.world = World(self.folder)
        self.builds = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(data=st.data(), count=st.integers(1, 6))
    def begin(self, data: st.DataObject, count: int) -> None:
        self.world.begin()
        made: list[str] = []
        for number in range(count):
            stage = data.draw(stages(f"s{number}", made))
            self.world.stages[stage.name] = stage
            made += stage.targets
            made += [f"{path}/all.txt" for path in stage.targets if path.endswith(".d")]
        self.world.write()

    @rule(data=st.data(), what=some_changes, go_on=st.booleans())
    def change_and_build(self, data: st.DataObject, what: list[str], go_on: bool) -> None:
        self.change(data, what)
        self.run(self.world.n, set(self.world.stages), ["-c"] if go_on else [])

    @rule(data=st.data(), what=some_changes, position=positions, n=st.sampled_from([None, 10, 20]))
    def change_and_build_a_part(
        self, data: st.DataObject, what: list[str], position: int, n: int | None
    ) -> None:
        """Build one stage and what it needs, perhaps with a value of the parameter."""
        self.change(data, what)
        name = stage_at(self.world, position).name
        wanted = self.world.upstream(name)
        if n is None or not any(self.world.stages[stage].sized for stage in wanted):
            self.run(self.world.n, wanted, ["-c", name])
        else:
            self.run(n, wanted, ["-c", name, f"n={n}"])

    @rule(data=st.data(), what=some_changes, after=st.floats(0.0, 0.06))
    def change_build_and_kill(self, data: st.DataObject, what: list[str], after: float) -> None:
        self.change(data, what)
        self.run(self.world.n, set(self.world.stages), ["-c"], kill_after=after)

    def change(self, data: st.DataObject, what: list[str]) -> None:
        for name in what:
            function, arguments = CHANGES[name]
            function(self.world, **data.draw(st.fixed_dictionaries(arguments)))

    @rule(data=st.data(), what=some_changes, position=positions, edit=edits)
    def change_and_build_while_an_input_is_edited(
        self, data: st.DataObject, what: list[str], position: int, edit: Edit
    ) -> None:
        """Build it, and again: what was edited meanwhile counts then, and not a letter less."""
        self.change(data, what)
        world = self.world
        expected = world.expect(world.n, set(world.stages))
        build = Build(world, self.next_log(), self.workers)
        build.edit(stage_at(world, position), edit)
        build.run("-c")
        if build.edited and not expected.missing:
            build.check_edited(expected)
        else:
            build.check(expected)
        self.run(world.n, set(world.stages), ["-c"])

    @rule(data=st.data(), what=some_changes)
    def change_and_clean_the_orphans(self, data: st.DataObject, what: list[str]) -> None:
        self.change(data, what)
        before = {path: self.world.read(path) for path in self.world.made}
        code = doit(self.folder, "clean", "--orphans", log=self.next_log())
        assert code == 0, said_in(self.folder)
        for path, made in list(self.world.made.items()):
            there = self.world.read(path)
            if made is None:
                assert there in (before[path], None), path
            elif self.world.is_orphan(path, made) and before[path] == made.content:
                assert there is None, f"{path} is there\n{said_in(self.folder)}"
                del self.world.made[path]
            else:
                assert there == before[path], f"{path} changed\n{said_in(self.folder)}"

    def run(
        self, n: int, wanted: set[str], arguments: list[str], kill_after: float | None = None
    ) -> None:
        expected = self.world.expect(n, wanted)
        build = Build(self.world, self.next_log(), self.workers)
        build.run(*arguments, kill_after=kill_after)
        build.check(expected)

    def next_log(self) -> Path:
        """Return a log for one build: a command that outlives a killed one may end in the next."""
        self.builds += 1
        return self.folder / f"ran-{self.builds}.log"


class AnyHistoryByWorkers(AnyHistory):
    """The same, where two stages are built at once."""

    workers = "2"


def told(machine: type[RuleBasedStateMachine], sequences: int) -> Any:
    """Return a machine's test of so many sequences."""
    test: Any = machine.TestCase
    test.settings = settings(
        max_examples=sequences,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    return test


test_any_history = told(AnyHistory, max(1, SEQUENCES * 5 // 8))
test_any_history_by_workers = told(AnyHistoryByWorkers, max(1, SEQUENCES * 3 // 8))
