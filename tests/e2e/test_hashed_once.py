"""What is built is read once to be hashed, and not again by the stage that it is an input of."""

from __future__ import annotations

from tests.e2e.conftest import Project

# Only `datamake.hashing` opens files to hash them; others open what was built to flush it.
DODO = """
    def hear(event, arguments):
        if event == "open" and sys._getframe(1).f_globals["__name__"] == "datamake.hashing":
            os.write(opened, f"{os.path.basename(arguments[0])}\\n".encode())

    opened = os.open("opened.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.addaudithook(hear)

    def task_one():
        return {"targets": ["one.txt"], "actions": ["echo 1 > %(targets)s"]}

    def task_large():
        return {"targets": ["large.bin"], "actions": ["head -c 9000000 /dev/zero > %(targets)s"]}

    def task_two():
        return {
            "file_dep": ["one.txt", "large.bin"],
            "targets": ["two.txt"],
            "actions": ["cat %(dependencies)s > %(targets)s; sleep 0.1"],
        }

    def task_three():
        return {"file_dep": ["two.txt"], "actions": ["true"]}
"""


def opened(project: Project) -> list[str]:
    log = project.folder / "opened.log"
    names = sorted(log.read_text().split())
    log.unlink()
    return names


def test_each_target_is_hashed_once_whoever_reads_it(project: Project) -> None:
    project.dodo(DODO)
    project.doit()
    assert opened(project) == ["large.bin", "one.txt", "two.txt"]


def test_what_was_hashed_is_known_to_the_next_run(project: Project) -> None:
    project.dodo(DODO)
    project.doit()
    # A file that was hashed in the clock step in which it was written is read once more.
    project.doit()
    opened(project)
    project.doit()
    assert opened(project) == []
