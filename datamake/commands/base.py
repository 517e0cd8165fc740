"""What every datamake command does before and after its own work."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, NoReturn
from urllib.parse import quote

from doit.cmd_base import DoitCmdBase, opt_check_file_uptodate, opt_codec, opt_depfile
from doit.cmd_base import opt_backend as doit_opt_backend
from doit.cmdparse import CmdParseError
from doit.exceptions import InvalidCommand, InvalidDodoFile
from doit.task import Task

from datamake.bytecode import drop_ambiguous
from datamake.commands import misread
from datamake.declared import inputs_of, targets_of
from datamake.dependency import Dependency
from datamake.graph import refuse_impossible_paths
from datamake.load import Loader
from datamake.makers import Makers
from datamake.outside import restart, uses_datamake
from datamake.paths import canonical, lies_below
from datamake.patience import is_held
from datamake.policy import Policies
from datamake.settings import Settings
from datamake.show.stream import Lasting, tolerant
from datamake.spelling import hint
from datamake.store_file import in_words, is_damage, set_aside
from datamake.store_schema import StoreError

FOLDER = ".datamake"
# Of names that the dodo.py has, where the environment says that there are only ASCII ones.
UNSPEAKABLE = (
    "{0.object!a} is no name of a file where names are {0.encoding}, as they are in this"
    " environment: set LC_ALL=C.UTF-8, or PYTHONUTF8=1"
)
DOIT_DEFAULT = opt_depfile["default"]

opt_store = {
    **opt_depfile,
    "help": "a name for a store of its own in .datamake/ [default: .datamake/store.sqlite]",
}
opt_backend = {**doit_opt_backend, "help": "for doit's own store; datamake has one format"}
opt_checker = {
    **opt_check_file_uptodate,
    "help": (
        "Choose how to tell that files have changed [default: %(default)s]:\n"
        "'md5': by content\n"
        "'timestamp': by time of modification, as make does"
    ),
}


class DatamakeCommand(misread.OptionsInWords, DoitCmdBase):
    """A doit command on datamake's store. To be inherited before a doit command.

    While the command runs, `dep_manager` is a Dependency and `loader` a Loader.
    """

    base_options = (opt_store, opt_backend, opt_codec, opt_checker)
    loader: Loader
    dep_manager: Dependency
    outstream: Any

    # What there was when it was last asked who makes what, and the answer.
    _makers_at: tuple[tuple[int, int], Makers] | None = None

    # A command that only looks makes no store where there is none.
    only_looks = False

    def execute(self, params: Any, args: list[str]) -> int | None:
        """Run the command. Raises doit's errors, which doit shows in one line, with exit code 3."""
        self._params = params
        self._require_datamake(params)
        self.dep_manager = Dependency(partial(self._settings, params))
        self.dep_manager.others = self._made_in
        self.dep_manager.read_in = self._read_in
        self.dep_manager.declared = self._declared
        self.outstream = tolerant(self.outstream)
        if self.only_looks:
            self.outstream = Lasting(self.outstream)
        try:
            result: int | None = super().execute(params, args)
            if self.only_looks:
                self._written()
        except InvalidCommand as error:
            if error.not_found is None:
                raise
            raise InvalidCommand(self._not_found(error.not_found)) from error
        except CmdParseError as error:
            known = self.loader.creators.known
            raise CmdParseError(misread.of_task(error, self.cmdparser, self.name, known)) from error
        except UnicodeEncodeError as error:
            if error.encoding == sys.getfilesystemencoding() != "utf-8":
                raise InvalidCommand(UNSPEAKABLE.format(error)) from error
            raise
        except ValueError:
            # What Python says of a path with a null byte names neither the task nor the path.
            refuse_impossible_paths(getattr(self, "task_list", ()))
            raise
        except StoreError as error:
            raise InvalidCommand(str(error)) from error
        except sqlite3.DatabaseError as error:
            self._explain(error)
        finally:
            self.dep_manager.close()
            # What an action imported lazily was compiled since the dodo.py was loaded.
            drop_ambiguous(self.loader.project)
        return result

    def _written(self) -> None:
        """See that the answer was written, unless its reader has gone, as `head` does."""
        self.outstream.flush()
        lost = self.outstream.lost
        if lost is not None and not isinstance(lost, BrokenPipeError):
            raise InvalidCommand(f"the answer could not be written to its end: {lost}")

    def _settings(self, params: Any) -> Settings:
        name = params["dep_file"]
        file = "store" if name == DOIT_DEFAULT else quote(name, safe="")
        return Settings(
            path=os.path.join(FOLDER, f"{file}.sqlite"),
            checker=self.get_checker_cls(params["check_file_uptodate"]),
            codec=self.get_codec_cls(params["codec_cls"]),
            always=bool(params.get("always")),
            policies=Policies(self.loader.settings),
            parameters=self.loader.creators.values_of,
            make=not (self.only_looks or params.get("dry_run") or params.get("dryrun")),
            wait=params.get("wait"),
        )

    def _read_in(self, stage: str, folder: str) -> list[str]:
        """Return the inputs of other tasks than one that lie in a folder."""
        root = self.loader.root
        others = (task for task in self.task_list if task.name != stage)
        paths = {canonical(str(path), root) for task in others for path in inputs_of(task)}
        return sorted(path for path in paths if lies_below(path, folder))

    def _declared(self) -> list[str]:
        """Return the inputs and targets of all tasks."""
        paths = (p for task in self.task_list for p in (*inputs_of(task), *targets_of(task)))
        return [canonical(str(path), self.loader.root) for path in paths]

    def _made_in(self, stage: str, folder: str) -> list[str]:
        """Return the targets of other tasks than one that lie in a folder."""
        makers = self._makers()
        return [path for path in makers.below.of(folder) if makers.known[path] != stage]

    def _makers(self) -> Makers:
        """Return who makes each target, of all tasks that there are by now."""
        tasks = self._present_tasks()
        present = len(tasks), self.loader.creators.called
        if self._makers_at is None or self._makers_at[0] != present:
            self._makers_at = present, Makers(tasks, self.loader.root)
        return self._makers_at[1]

    def _present_tasks(self) -> Collection[Task]:
        """Return all tasks that there are by now; creators may run late."""
        tasks: Collection[Task] = self.task_list
        return tasks

    def require_tasks(self, names: Iterable[str]) -> None:
        """Raise InvalidCommand for a name that is no task's, with what was meant perhaps."""
        wanted = dict.fromkeys(names)
        tasks = self.tasks if wanted else {}
        for name in wanted:
            if name not in tasks:
                raise InvalidCommand(self._not_found(name, takes_targets=False))

    def _not_found(self, name: str, *, takes_targets: bool = True) -> str:
        makers = {target: task.name for task in self.task_list for target in task.targets}
        wrong = f"{name!r} is {'neither a task nor a target' if takes_targets else 'not a task'}"
        if name in makers:
            return f"{wrong} but a target: type `doit {self.name} {makers[name]}`"
        if name in self.loader.creators.known:
            return f"{wrong} but a parameter: type {name}=..."
        if name in self.loader.cmd_names:
            return f"{wrong} but a command, which stands before the tasks: type `doit {name} ...`"
        commands = self.loader.cmd_names if self.name == "run" else ()
        meant = hint(name, [*self.tasks, *(makers if takes_targets else ()), *commands], ".")
        return f"{wrong}{meant} `doit list` shows the tasks"

    def _explain(self, error: sqlite3.DatabaseError) -> NoReturn:
        path = self.dep_manager.name
        if is_held(error):
            who = f"`fuser {path}` tells which one"
            raise InvalidCommand(f"another program holds {path} ({error}): {who}") from error
        if not is_damage(error):
            raise InvalidCommand(f"{path} can't be used: {in_words(error)}") from error
        set_aside(path, str(error))
        raise InvalidCommand("type the same command again to go on with the new store") from error

    def _require_datamake(self, params: Any) -> None:
        loader: Any = self.loader
        if isinstance(loader, Loader):
            return
        started_in = os.getcwd()
        loader.setup(params)
        if uses_datamake(os.getcwd()):
            restart(os.getcwd(), started_in)
        raise InvalidDodoFile(f"`doit {self.name}` is for projects that datamake builds")

    @property
    def tasks(self) -> dict[str, Task]:
        """The loaded tasks by name, in the order of definition."""
        return {task.name: task for task in self.task_list}
