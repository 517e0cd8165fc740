"""doit stays doit: the scripts that complete commands and tasks in a shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project

DODO = """
    def task_build():
        '''Make "it", don't `echo` $HOME.'''
        return {"actions": None}

    def task_bundle(n: int = 2):
        yield {"name": "one", "actions": None}
        yield {"name": "two", "actions": None}
"""

# What the package bash-completion brings, as far as the script needs it.
SHELL = """
_get_comp_words_by_ref() {
    cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}
    words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD
}
__ltrim_colon_completions() { :; }
doit() { "$PYTHON" -m doit "$@"; }
source ./completion.bash
COMP_WORDS=(doit "$@"); COMP_CWORD=$#
"_$NAME"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(project: Project, *words: str) -> list[str]:
    """Return what bash proposes for the last of the words typed after `doit`."""
    import sys

    found = subprocess.run(
        ["bash", "-c", SHELL, "bash", *words],
        cwd=project.folder,
        env={**os.environ, "PYTHON": sys.executable, "NAME": "doit"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=True,
    )
    assert found.stderr == ""
    return sorted(found.stdout.split())


def script(project: Project, *arguments: str) -> Path:
    """Write what `doit tabcompletion` prints, as if typed as doit, into a file."""
    text = project.doit("tabcompletion", *arguments).out.replace("__main__.py", "doit")
    return project.write("completion.bash", text)


@pytest.mark.parametrize("hardcoded", [True, False])
def test_bash_completes_commands_tasks_and_sub_tasks(project: Project, hardcoded: bool) -> None:
    project.dodo(DODO)
    path = script(project, *["--hardcode-tasks"] * hardcoded)
    checked = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert completed(project, "bu") == ["build", "bundle"]
    assert completed(project, "wh") == ["why"]
    assert completed(project, "clean", "buil") == ["build"]
    assert completed(project, "why", "bun") == ["bundle"]
    assert completed(project, "bundle:") == ["bundle:one", "bundle:two"]


def test_zsh_completion_has_balanced_quotes_in_every_description(project: Project) -> None:
    project.dodo(DODO)
    text = project.doit("tabcompletion", "-s", "zsh").out
    commands = text.partition("commands=(\n")[2].partition("\n    )")[0].splitlines()
    assert any("why: " in line for line in commands)
    for line in commands:
        if line.strip():
            assert line.strip().startswith("'")
            assert line.count("'") == 2, line
    options = [line.strip() for line in text.splitlines() if line.strip().startswith('"-')]
    assert any("--dry-run" in line for line in options)
    for line in options:
        description = line.partition("[")[2].rpartition("]")[0]
        assert "`" not in description and "$" not in description, line


def test_a_shell_that_is_not_there_is_refused(project: Project) -> None:
    project.dodo(DODO)
    project.doit("tabcompletion", "-s", "fish", code=3)
