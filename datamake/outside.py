"""Makes `doit -k` from a sub-folder, and `doit -f FILE`, run as from the project's folder.

doit reads its configuration, and with it which loader and commands there are, from the folder
in which it was started, and only then looks for the dodo.py. Started elsewhere it would build
the project as plain doit: without parameters, without records. So when a dodo.py imports
datamake and finds that it was not datamake that loaded it, doit is started once more with the
configuration that lies beside the dodo.py; all arguments mean what they meant.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

ADVICE = (
    'add `loader = "datamake"` under [tool.doit] and the commands under'
    " [tool.doit.plugins.command] to the pyproject.toml beside it (docs/guide.md)"
)


def restart_if_outside() -> None:
    """Start doit anew if a dodo.py is being loaded by plain doit.

    Raises doit's InvalidDodoFile where the project is not configured for datamake.
    """
    loader = sys.modules.get("doit.loader")
    loading_dodo = loader is not None and loader.initial_workdir is not None
    if loading_dodo and "datamake.load" not in sys.modules:
        restart(_project_folder(), started_in=loader.initial_workdir)  # type: ignore[union-attr]


def restart(project: str, started_in: str) -> NoReturn:
    """Replace this process by doit with the configuration of a project's folder.

    Raises doit's InvalidDodoFile where that does not name datamake as its loader.
    """
    from doit.exceptions import InvalidDodoFile

    if not uses_datamake(project):
        raise InvalidDodoFile(f"{project}/dodo.py uses datamake, which doit does not: {ADVICE}")
    os.chdir(started_in)
    sys.stdout.flush()
    python = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
    os.execv(sys.executable, [*python, project, *sys.argv[1:]])


def main() -> NoReturn:
    """Run doit with a project's configuration: `main` of the process that `restart` starts."""
    from doit.doit_cmd import DoitMain

    project, arguments = sys.argv[1], sys.argv[2:]
    started_in = os.getcwd()
    os.chdir(project)
    doit = DoitMain()
    os.chdir(started_in)
    doit.BIN_NAME = "doit"
    sys.argv = ["doit", *arguments]
    sys.exit(doit.run(arguments))


def uses_datamake(project: str) -> bool:
    """Whether a folder's pyproject.toml says that doit loads its tasks through datamake."""
    from datamake.configuration import table

    return table(project, "doit").get("loader") == "datamake"


def _project_folder() -> str:
    # doit puts the folder of the dodo.py first, or second behind one given with `-d`.
    for folder in sys.path[:2]:
        if uses_datamake(folder):
            return folder
    return sys.path[0]
