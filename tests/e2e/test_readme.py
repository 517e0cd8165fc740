"""What the README shows is what one sees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ROOT, Project

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def masked(text: str) -> str:
    """Return output without what differs from run to run: how long things took, and when."""
    text = re.sub(r"\d+\.\d\d s", "0.00 s", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d", "2026-11-22T12-00-00", text)


def test_the_ten_lines_do_what_the_readme_says(project: Project) -> None:
    (dodo,) = blocks("python")
    project.write("dodo.py", dodo)
    story = next(block for block in blocks("console") if block.startswith("$ doit\n"))
    commands = [line.removeprefix("$ ") for line in story.splitlines() if line.startswith("$ ")]
    script = "\n".join(f"echo '$ {command}'\n{command}" for command in commands)
    bin_folder = Path(sys.executable).parent
    said = subprocess.run(
        ["bash", "-c", f'export PATH="{bin_folder}:$PATH"\n{script}'],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert masked(said.stdout) == masked(story)


def test_the_readme_and_the_guide_are_made_of_links_that_lead_somewhere() -> None:
    for page in ("README.md", "docs/guide.md", "docs/design.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} → {target}"


def test_the_guide_shows_the_configuration_that_this_project_has() -> None:
    guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
    shown = re.search(r"```toml\n(.*?)```", guide, re.S)
    assert shown is not None
    assert shown.group(1).strip() in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
