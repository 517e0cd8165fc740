"""Which folder's configuration says that datamake builds the project."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import doit.loader
import pytest
from doit.exceptions import InvalidDodoFile

from datamake import outside

CONFIGURED = '[tool.doit]\nloader = "datamake"\n'


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        (CONFIGURED, True),
        ('[tool.doit]\nloader = "other"\n', False),
        ("[tool.doit]\nverbosity = 2\n", False),
        ("[project]\nname = 'x'\n", False),
        ("", False),
    ],
)
def test_the_loader_in_the_configuration_says_who_builds(
    tmp_path: Path, text: str, uses: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert outside.uses_datamake(str(tmp_path)) is uses


def test_a_project_without_configuration_is_plain_doits(tmp_path: Path) -> None:
    assert not outside.uses_datamake(str(tmp_path))


def test_without_configuration_the_person_is_told_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(InvalidDodoFile) as caught:
        outside.restart(str(tmp_path), started_in=str(tmp_path))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/dodo.py uses datamake, which doit does not: add")
    assert 'loader = "datamake"' in message
    assert "\n" not in message


def test_nothing_is_restarted_where_no_dodo_is_being_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "datamake.load", raising=False)
    monkeypatch.setattr(doit.loader, "initial_workdir", None)
    outside.restart_if_outside()
    monkeypatch.delitem(sys.modules, "doit.loader")
    outside.restart_if_outside()


def test_nothing_is_restarted_where_datamake_itself_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    import datamake.load

    assert datamake.load.__name__ in sys.modules
    monkeypatch.setattr(doit.loader, "initial_workdir", os.getcwd())
    outside.restart_if_outside()


def test_the_project_is_where_the_dodo_lies_also_behind_a_folder_given_with_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "pyproject.toml").write_text(CONFIGURED)
    for path in ([project, elsewhere], [elsewhere, project]):
        monkeypatch.setattr(sys, "path", [str(folder) for folder in path])
        assert outside._project_folder() == str(project)
    monkeypatch.setattr(sys, "path", [str(elsewhere), str(tmp_path)])
    assert outside._project_folder() == str(elsewhere)
