"""What a project's pyproject.toml says, and what it can't say."""

from __future__ import annotations

from pathlib import Path

import pytest
from doit.exceptions import InvalidDodoFile

from datamake.configuration import table


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[tool.datamake]\nretries = 2\n", {"retries": 2}),
        ("[tool.datamake]\n", {}),
        ("[tool.doit]\nverbosity = 2\n", {}),
        ("[project]\nname = 'x'\n", {}),
        ("", {}),
    ],
)
def test_a_table_is_read_and_one_that_is_not_there_is_empty(
    tmp_path: Path, text: str, found: dict[str, object]
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert table(str(tmp_path), "datamake") == found


def test_without_a_file_all_is_empty(tmp_path: Path) -> None:
    assert table(str(tmp_path), "datamake") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tool = 3", r"\[tool\] of .*/pyproject.toml is no table: 3"),
        ("[tool]\ndatamake = 3", r"\[tool.datamake\] of .*/pyproject.toml is no table: 3"),
        ("x = = 3", r"/pyproject.toml can't be read: Invalid value \(at line 1, column 5\)"),
    ],
)
def test_what_can_not_be_read_is_told_with_the_file(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InvalidDodoFile, match=told):
        table(str(tmp_path), "datamake")
