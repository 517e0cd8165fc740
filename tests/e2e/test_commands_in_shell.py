"""Commands: pipelines fail with any of their parts, and all else is as in the system's shell."""

from __future__ import annotations

import subprocess

from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo

FAILING = {
    "reader": "false | cat",
    "writes": "false | cat > %(targets)s",
    "middle": "echo a | false | cat > %(targets)s",
    "lines": "echo one > %(targets)s\nfalse | cat >> %(targets)s",
    "and_then": "false | cat > %(targets)s && echo more >> %(targets)s",
    "status": "(exit 3) | cat > %(targets)s",
}

PASSING = {
    "head": ("seq 1000000 | head -1 > OUT", "1\n"),
    "head_and": ("seq 1000000 | head -1 > OUT && echo more >> OUT", "1\nmore\n"),
    "head_or": ("seq 1000000 | head -1 > OUT || echo none > OUT", "1\n"),
    "head_lines": ("seq 1000000 | head -1 > OUT\necho more >> OUT", "1\nmore\n"),
    "or": ("false || echo other > OUT", "other\n"),
    "handled": ("false | cat > OUT || echo other > OUT", "other\n"),
    "text": ("echo 'a|b' > OUT", "a|b\n"),
    "clobber": ("echo a >| OUT", "a\n"),
}

# Each of these is run in a pipeline and by the system's shell alone.
AS_IN_THE_SHELL = [
    r'echo "a\nb"',
    r'echo -n "a\tb"',
    r"echo -e 'x\ny'",
    r'echo "a\\\\b"',
    r"echo 'one\c' two",
    "echo a b   c",
    "echo {a,b}",
    "echo",
    r"printf '%%s\n' 'a\nb'",
    "for i in 1 2; do echo $i; done",
    "x=1; echo $((x + 1))",
]


def test_a_pipeline_fails_when_any_of_its_commands_does(project: Project) -> None:
    project.dodo(f"""
        def task_all():
            for name, command in {FAILING!r}.items():
                yield {{"name": name, "targets": [name + ".txt"], "actions": [command]}}

        def task_bash():
            from doit.action import CmdAction
            command = CmdAction("false | cat > %(targets)s", executable="/bin/bash")
            return {{"targets": ["bash.txt"], "actions": [command]}}
    """)
    said = project.doit("-c", code=None)
    assert f"{len(FAILING) + 1} failed" in said.out
    assert "all:middle failed: Command failed: 'echo a | false | cat > middle.txt' returned 1" in (
        said.out
    )
    assert "(exit 3) | cat > status.txt' returned 3" in said.out
    assert project.files() == []


def test_a_writer_cut_short_and_a_failure_that_is_handled_are_fine(project: Project) -> None:
    project.dodo(f"""
        PASSING = {PASSING!r}

        def task_all():
            for name, (command, _) in PASSING.items():
                action = command.replace("OUT", "%(targets)s")
                yield {{"name": name, "targets": [name + ".txt"], "actions": [action]}}
    """)
    project.doit()
    for name, (_, content) in PASSING.items():
        assert project.read(f"{name}.txt") == content, name


def test_what_is_in_a_pipeline_does_as_in_the_systems_shell(project: Project) -> None:
    project.dodo(f"""
        def task_all():
            for number, command in enumerate({AS_IN_THE_SHELL!r}):
                text = "(" + command + "\\n) | cat > %(targets)s"
                yield {{"name": str(number), "targets": [f"{{number}}.txt"], "actions": [text]}}
    """)
    project.doit()
    for number, command in enumerate(AS_IN_THE_SHELL):
        text = command.replace("%%", "%")
        plain = subprocess.run(["/bin/sh", "-c", text], capture_output=True, check=True)
        assert (project.folder / f"{number}.txt").read_bytes() == plain.stdout, command


def test_options_of_commands_keep_their_meaning(project: Project) -> None:
    project.write("sub/in.txt", "from sub")
    dodo(
        project,
        """
        from doit.action import CmdAction

        def task_folder():
            command = CmdAction("cat in.txt | cat > out.txt", cwd="sub")
            return {"file_dep": ["sub/in.txt"], "targets": ["sub/out.txt"], "actions": [command]}

        def task_environment():
            environment = {**os.environ, "SECRET": "hunter2-is-secret"}
            command = CmdAction("test ${#SECRET} = 17 && echo ok > %(targets)s",
                                env=environment)
            return {"targets": ["environment.txt"], "actions": [command]}

        def task_bash():
            command = CmdAction("[[ a == a ]] && echo ok > %(targets)s", executable="/bin/bash")
            return {"targets": ["bash.txt"], "actions": [command]}

        def task_save():
            command = CmdAction("echo text | tee %(targets)s; echo %(targets)s", save_out="out")
            return {"targets": ["saved.txt"], "actions": [command]}

        def show(out):
            note(out.strip())

        def task_show():
            return {"actions": [show], "getargs": {"out": ("save", "out")}}
        """,
    )
    project.doit()
    assert project.read("sub/out.txt") == "from sub"
    assert project.ran() == ["text", "saved.txt"]
    assert "5 up to date" in project.doit().out
    for path in (project.folder / ".datamake").rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()


def test_a_changed_secret_is_a_changed_argument_and_stays_secret(project: Project) -> None:
    project.dodo("""
        from doit.action import CmdAction

        def task_fetch():
            secret = pathlib.Path("secret").read_text()
            command = CmdAction("echo fetched > %(targets)s; test $SECRET != wrong-hunter2",
                                env={**os.environ, "SECRET": secret})
            return {"targets": ["a.txt"], "actions": [command]}
    """)
    project.write("secret", "first-hunter2")
    project.doit()
    project.write("secret", "wrong-hunter2")
    said = project.doit(code=1)
    assert "hunter2" not in project.doit("why", "fetch").out
    assert "SECRET" not in said.out.replace("$SECRET != wrong-hunter2", "")
    for path in (project.folder / ".datamake").rglob("*"):
        assert path.is_dir() or b"first-hunter2" not in path.read_bytes()


def test_other_kinds_of_action_run_as_they_do_in_doit(project: Project) -> None:
    project.dodo("""
        from doit.action import BaseAction
        from doit.tools import Interactive, LongRunning, PythonInteractiveAction

        class Shout(BaseAction):
            def __init__(self, text):
                self.text = text
                self.task = self.out = self.err = self.result = None
                self.values = {}
            def execute(self, out=None, err=None):
                assert ".datamake-" in self.task.targets[0]
                pathlib.Path(self.task.targets[0]).write_text(self.text.upper())

        def task_own():
            return {"targets": ["own.txt"], "actions": [Shout("text")]}

        def task_long():
            return {"targets": ["long.txt"],
                    "actions": [LongRunning("echo long > %(targets)s; exit 3")]}

        def task_interactive():
            return {"targets": ["interactive.txt"],
                    "actions": [Interactive("echo here > %(targets)s")]}

        def write(targets):
            pathlib.Path(targets[0]).write_text("python")

        def task_python():
            return {"targets": ["python.txt"], "actions": [PythonInteractiveAction(write)]}
    """)
    project.doit()
    texts = [project.read(name) for name in ("own.txt", "long.txt", "interactive.txt")]
    assert texts == ["TEXT", "long\n", "here\n"]
    assert project.read("python.txt") == "python"
    assert "4 up to date" in project.doit().out
