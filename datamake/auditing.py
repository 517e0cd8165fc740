"""What is to be said of the files that a stage's actions opened, by what the stage declares."""

from __future__ import annotations

import os
from collections.abc import Iterator

from datamake.acting import Acted
from datamake.audit import Audit, Opened
from datamake.judging import root_folder
from datamake.model import Stage
from datamake.paths import canonical
from datamake.policy import Policy


def undeclared(acted: Acted, stage: Stage, policy: Policy, audit: Audit) -> tuple[str, list[str]]:
    """Return why a stage is refused for what it opened undeclared, or "", and what else to say."""
    refused: dict[str, None] = {}
    notes: list[str] = []
    for opened, declared, what_to_do in _heard(acted, stage, policy):
        said = dict.fromkeys(audit.undeclared(opened, declared))
        if what_to_do == "error":
            refused.update(said)
        else:
            notes.extend(f"{stage.name} {words}" for words in said)
    return "; ".join(f"it {words}" for words in refused), notes


def _heard(acted: Acted, stage: Stage, policy: Policy) -> Iterator[tuple[Opened, set[str], str]]:
    """Yield what Python actions opened, and commands, and how that is to be judged."""
    python, commands = acted.python, acted.commands
    if not (python.read or python.written or commands.read or commands.written):
        return
    declared = {*stage.file_dep, *stage.targets}
    # One action may read what another one wrote.
    if policy.audit != "off":
        opened = Opened(_without(python.read, commands.written), python.written)
        yield opened, declared, policy.audit
    if policy.audit_commands != "off":
        # A command that goes to a folder through a link is seen where the link leads.
        root = root_folder()
        real = {canonical(os.path.realpath(path), root) for path in declared}
        read = _without(commands.read, python.written)
        opened = Opened(read, commands.written, is_followed=False)
        yield opened, declared | real, policy.audit_commands


def _without(paths: dict[str, None], others: dict[str, None]) -> dict[str, None]:
    return {path: None for path in paths if path not in others}
