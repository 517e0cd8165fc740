"""Makes and looks at files, folders and links for tests of what moves them."""

from __future__ import annotations

import os
from pathlib import Path

KINDS = ("file", "folder", "link")


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def tree(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def make(path: Path, kind: str, text: str) -> None:
    if kind == "file":
        write(path, text)
    elif kind == "folder":
        write(path / "in", text)
    else:
        os.symlink(text, path)


def look(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return (path / "in").read_text() if path.is_dir() else path.read_text()
