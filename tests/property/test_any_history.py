"""Whatever happens to a project: after a build all is right, and only what had to run ran."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.e2e.conftest import configuration
from tests.property.forked import KILLED, doit
from tests.property.world import Stage, World

SEQUENCES = int(os.environ.get("DATAMAKE_SEQUENCES", "200"))

RAW = ("raw0.txt", "raw1.txt", "raw2.txt")
numbers = st.integers(0, 3)


class AnyHistory(RuleBasedStateMachine):
    """A random graph of stages; random changes of files and code; builds and kills between."""

    workers = "0"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.world = World(self.folder)
        self.removed: dict[str, Stage] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(data=st.data(), count=st.integers(1, 6))
    def begin(self, data: st.DataObject, count: int) -> None:
        (self.folder / "pyproject.toml").write_text(configuration())
        for name in RAW:
            (self.folder / name).write_text("0")
        for number in range(count):
            possible = [*RAW, *(stage.target for stage in self.world.stages.values())]
            inputs = data.draw(
                st.lists(st.sampled_from(possible), min_size=0, max_size=3, unique=True)
            )
            keep = data.draw(st.sampled_from([1, 16]))
            name = f"s{number}"
            self.world.stages[name] = Stage(name, tuple(inputs), f"out/{name}.txt", keep=keep)
        self.world.write_dodo()

    def stage(self, data: st.DataObject) -> Stage:
        return self.world.stages[data.draw(st.sampled_from(sorted(self.world.stages)))]

    # Changes -------------------------------------------------------------------------------

    @rule(name=st.sampled_from(RAW), content=numbers)
    def edit_raw(self, name: str, content: int) -> None:
        (self.folder / name).write_text(str(content))

    @rule(name=st.sampled_from(RAW), content=numbers)
    def edit_raw_and_restore_its_time(self, name: str, content: int) -> None:
        before = os.stat(self.folder / name)
        (self.folder / name).write_text(str(content))
        os.utime(self.folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(name=st.sampled_from(RAW), content=numbers)
    def replace_raw_by_an_older_file(self, name: str, content: int) -> None:
        new = self.folder / "new.txt"
        new.write_text(str(content))
        os.utime(new, (1, 1))
        os.replace(new, self.folder / name)

    @rule(name=st.sampled_from(RAW))
    def touch_raw(self, name: str) -> None:
        os.utime(self.folder / name)

    @rule(data=st.data())
    def delete_a_target(self, data: st.DataObject) -> None:
        (self.folder / self.stage(data).target).unlink(missing_ok=True)

    @rule(data=st.data(), content=numbers)
    def edit_a_target_by_hand(self, data: st.DataObject, content: int) -> None:
        target = self.folder / self.stage(data).target
        if target.exists():
            target.write_text(str(content))

    @rule(data=st.data(), constant=numbers)
    def change_code(self, data: st.DataObject, constant: int) -> None:
        self.world.change(self.stage(data).name, constant=constant)

    @rule(data=st.data(), argument=numbers)
    def change_an_argument(self, data: st.DataObject, argument: int) -> None:
        self.world.change(self.stage(data).name, argument=argument)

    @rule(data=st.data(), comment=st.sampled_from(["", "why", "how"]))
    def change_a_comment(self, data: st.DataObject, comment: str) -> None:
        self.world.change(self.stage(data).name, comment=comment)

    @rule(data=st.data(), number=st.integers(0, 2))
    def rename_a_target_that_nobody_reads(self, data: st.DataObject, number: int) -> None:
        stage = self.stage(data)
        readers = (*self.world.stages.values(), *self.removed.values())
        if not any(stage.target in other.inputs for other in readers):
            self.world.change(stage.name, target=f"out/{stage.name}-{number}.txt")

    @rule(data=st.data(), raw=st.sampled_from(RAW))
    def add_or_remove_an_input(self, data: st.DataObject, raw: str) -> None:
        stage = self.stage(data)
        inputs = tuple(path for path in stage.inputs if path != raw)
        self.world.change(stage.name, inputs=inputs if raw in stage.inputs else (*inputs, raw))

    @precondition(lambda self: len(self.world.stages) > 1)
    @rule()
    def remove_the_last_stage(self) -> None:
        name, stage = self.world.stages.popitem()
        self.removed[name] = stage
        self.world.write_dodo()

    @precondition(lambda self: bool(self.removed))
    @rule()
    def put_a_removed_stage_back(self) -> None:
        name, stage = self.removed.popitem()
        self.world.stages[name] = stage
        self.world.write_dodo()

    # Builds --------------------------------------------------------------------------------

    @rule()
    def build(self) -> None:
        unsure, self.world.unsure = self.world.unsure, set()
        must, right = self.world.build()
        code = doit(self.folder, "-n", self.workers)
        said = (self.folder / "said.txt").read_text()
        assert code == 0, said
        for path, content in right.items():
            assert self.world.read(path) == content, f"{path}\n{said}"
        ran = [word.removeprefix("begin ") for word in self.world.ran() if word.startswith("begin")]
        assert len(ran) == len(set(ran)), f"ran twice: {ran}"
        assert set(ran) - unsure == set(must) - unsure, f"ran {ran}, had to run {must}\n{said}"

    @rule(after=st.floats(0.0, 0.06))
    def build_and_kill(self, after: float) -> None:
        must, _ = self.world.build()
        code = doit(self.folder, "-n", self.workers, kill_after=after)
        finished = {
            word.removeprefix("end ") for word in self.world.ran() if word.startswith("end")
        }
        if code == KILLED:
            # Whether one that ended was recorded, too, is not to be seen from outside; and
            # what did not run may have had no need to.
            self.world.unsure |= set(must) | finished

    @invariant()
    def no_target_is_half_made(self) -> None:
        for stage in self.world.stages.values():
            text = self.world.read(stage.target)
            hexadecimal = text is not None and re.fullmatch(r"[0-9a-f]+", text)
            assert text is None or len(text) == stage.keep or (hexadecimal and len(text) == 1)


class AnyHistoryByWorkers(AnyHistory):
    """The same, where two stages are built at once."""

    workers = "2"


def told(machine: type[RuleBasedStateMachine], sequences: int) -> Any:
    """Return a machine's test of so many sequences."""
    test: Any = machine.TestCase
    test.settings = settings(
        max_examples=sequences,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    return test


test_any_history = told(AnyHistory, SEQUENCES)
test_any_history_by_workers = told(AnyHistoryByWorkers, max(1, SEQUENCES // 8))
