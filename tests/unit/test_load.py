"""What the loader knows before any task is made: variables, configuration, who reads a name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from doit.cmd_clean import Clean
from doit.exceptions import InvalidDodoFile

from datamake import load
from datamake.configuration import table
from datamake.load import Loader, Variables


def test_variables_remember_who_was_asked_for() -> None:
    variables = Variables({"n": "10"})
    assert variables.get("n") == "10"
    assert variables.get("m", "none") == "none"
    assert variables.asked == {"n", "m"}
    assert dict(variables) == {"n": "10"}
    assert dict(Variables(None)) == {}


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("[tool.datamake.parameters]\nn = 20\nday = 2024-05-17\n", {"n", "day"}),
        ("[tool.datamake]\n", set()),
        ("[project]\nname = 'x'\n", set()),
    ],
)
def test_parameters_of_the_configuration(tmp_path: Path, text: str, parameters: set[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load._parameters(table(str(tmp_path), "datamake")).keys() == parameters


def test_a_project_without_configuration_has_no_parameters_there(tmp_path: Path) -> None:
    assert load._parameters(table(str(tmp_path), "datamake")) == {}


def test_parameters_that_are_no_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.datamake]\nparameters = 3\n")
    with pytest.raises(InvalidDodoFile, match=r"parameters\] of pyproject.toml is no table"):
        load._parameters(table(str(tmp_path), "datamake"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("def act():\n    return get_var('mode', None)\n", True),
        ('import doit\ndef act():\n    return doit.get_var(\n        "mode")\n', True),
        ("def act():\n    return get_var('model')\n", False),
        ("# nothing here\n", False),
    ],
)
def test_a_name_that_only_an_action_asks_for_is_found_in_the_projects_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, read: bool
) -> None:
    (tmp_path / "asks_for_mode.py").write_text(text)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("asks_for_mode")
    try:
        assert load._is_read("mode", str(tmp_path)) is read
        assert not load._is_read("mode", str(tmp_path / "elsewhere"))
    finally:
        del sys.modules["asks_for_mode"]


def test_plain_doits_own_commands_are_refused() -> None:
    with pytest.raises(InvalidDodoFile, match=r"^`doit clean` is plain doit's: add"):
        Loader().load_tasks(Clean(task_loader=Loader()), [])
