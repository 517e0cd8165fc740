"""To type doit as somebody whom permissions bind: root may read and write everything."""

from __future__ import annotations

import subprocess
import sys

from tests.e2e.conftest import Project
from tests.unit.privileges import NOBODY

# Python and the libraries may lie where nobody else may read them: they are imported before.
BOUND_DOIT = f"""
import difflib, encodings.ascii, os, pkgutil, sys, tomllib, psutil, doit.doit_cmd, datamake
import multiprocessing.popen_fork
for module in pkgutil.walk_packages(datamake.__path__, "datamake."):
    __import__(module.name)
if os.getuid() == 0:
    os.setgroups([])
    os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
sys.exit(doit.doit_cmd.DoitMain().run(sys.argv[1:]))
"""


def as_nobody(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Type doit as somebody whom permissions bind."""
    return subprocess.run(
        [sys.executable, "-B", "-c", BOUND_DOIT, *arguments],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


COPY = """
    def task_copy():
        return {"file_dep": ["raw.txt"], "targets": ["data/copied.txt"],
                "actions": ["cp raw.txt %(targets)s"]}
"""
