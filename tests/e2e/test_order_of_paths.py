"""`dependencies` and `targets` reach the action in the order in which they were declared."""

from __future__ import annotations

import random

from tests.e2e.conftest import Project

DODO = """
    from doit import create_after
    from doit.task import Task

    INPUTS = {inputs!r}
    OUTPUTS = {outputs!r}

    def show(dependencies, targets):
        note(" ".join(dependencies))
        for target in targets:
            pathlib.Path(target).write_text("")
        names = " ".join(pathlib.Path(target).name for target in targets)
        note(names)

    def declared(name, **more):
        outputs = [f"{{name}}_{{output}}" for output in OUTPUTS]
        return {{"file_dep": list(INPUTS), "targets": outputs, "actions": [show], **more}}

    def task_plain():
        return declared("plain")

    def task_sub():
        yield {{"name": "one", **declared("sub")}}

    def task_object():
        return Task("object", [show], file_dep=INPUTS)

    @create_after(executed="plain")
    def task_later():
        yield {{"name": "one", **declared("later")}}

    def task_calculate():
        return {{"actions": [lambda: {{"file_dep": INPUTS[10:]}}]}}

    def task_calculated():
        return declared("calculated", file_dep=INPUTS[:10], calc_dep=["calculate"])

    def task_command():
        return {{"file_dep": INPUTS, "targets": OUTPUTS,
                "actions": ["echo %(dependencies)s >> ran.log; touch %(targets)s",
                            "basename -a %(targets)s >> ran.log"]}}
"""


def test_twenty_files_in_shuffled_order_whatever_the_hash_seed(project: Project) -> None:
    shuffle = random.Random(20).shuffle
    inputs, outputs = ([f"{kind}{number}" for number in range(20)] for kind in ("in", "out"))
    shuffle(inputs)
    shuffle(outputs)
    for name in inputs:
        project.write(name, "")
    project.dodo(DODO.format(inputs=inputs, outputs=outputs))
    for seed in ("0", "1", "4711"):
        expected = []
        for prefix in ("plain_", "sub_", "later_", "calculated_", ""):
            expected += [*inputs, *(prefix + output for output in outputs)]
        tasks = ("plain", "sub", "later", "calculated", "command", "object")
        project.doit("-a", *tasks, PYTHONHASHSEED=seed)
        assert project.ran() == [*expected, *sorted(inputs)]
        project.doit(*tasks, PYTHONHASHSEED=seed)
        assert project.ran() == []
