"""The files of a project: which are its own, and which file a module's name means."""

import os
import sys
import sysconfig

from datamake.code.scope import Imported

_INSTALLED = frozenset({"site-packages", "dist-packages"})


class Project:
    """The source files under one folder, leaving out what is installed there.

    A file is the project's own when it lies under `root` and is not in a virtual
    environment, in a folder of installed packages or in the standard library. Nothing is
    imported to find out. Answers are kept: make a new Project to look again.
    """

    def __init__(self, root: str) -> None:
        self._roots = tuple(dict.fromkeys((os.path.abspath(root), os.path.realpath(root))))
        self._library = os.path.join(os.path.realpath(sysconfig.get_path("stdlib")), "")
        self._labels: dict[str, str | None] = {}
        self._places: dict[str, str | None] = {}
        self._environments: dict[str, bool] = {}
        self.probed: dict[str, bool] = {}

    def label(self, path: str) -> str | None:
        """The path from the project's root, with forward slashes; None if not its own."""
        if path not in self._labels:
            self._labels[path] = self._relative(path)
        return self._labels[path]

    def place(self, path: str, imported: Imported) -> str | None:
        """The file, or the folder without `__init__.py`, of what `path` imports.

        None for a module which is not the project's own or cannot be found.
        """
        if not imported.level:
            return self._module(imported.module)
        folder = os.path.dirname(path)
        for _ in range(imported.level - 1):
            folder = os.path.dirname(folder)
        place: str | None = self._package(folder)
        for name in filter(None, imported.module.split(".")):
            place = place and self.inside(place, name)
        return place

    def inside(self, place: str, name: str) -> str | None:
        """The sub-module `name` of the package at `place`, or None."""
        if os.path.basename(place) == "__init__.py":
            place = os.path.dirname(place)
        return self._regular(place, name) or self._folder(place, name)

    def _module(self, name: str) -> str | None:
        if name not in self._places:
            parent, _, last = name.rpartition(".")
            if parent:
                package = self._module(parent)
                found = package and self.inside(package, last)
                self._places[name] = found or self._loaded(name)
            else:
                self._places[name] = self._first(name)
        return self._places[name]

    def _first(self, name: str) -> str | None:
        """Find a top-level module: files first, so that being loaded already says nothing."""
        bases = [path for path in sys.path if path and self._is_base(path)]
        bases += [root for root in self._roots[:1] if root not in bases]
        for base in bases:
            if found := self._regular(base, name):
                return found
        if found := self._loaded(name):
            return found
        if name in sys.modules or name in sys.stdlib_module_names:
            return None
        return next(filter(None, (self._folder(base, name) for base in bases)), None)

    def _is_base(self, path: str) -> bool:
        return os.path.abspath(path) in self._roots or self.label(path) is not None

    def _loaded(self, name: str) -> str | None:
        """Ask the imported modules: an import hook may place a package anywhere."""
        module = sys.modules.get(name)
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            return path if path.endswith(".py") and self.label(path) is not None else None
        folders = getattr(module, "__path__", ())
        return next((folder for folder in folders if self.label(folder) is not None), None)

    def _regular(self, folder: str, name: str) -> str | None:
        for path in (os.path.join(folder, name, "__init__.py"), os.path.join(folder, name + ".py")):
            if self._is_there(path) and os.path.isfile(path) and self.label(path) is not None:
                return path
        return None

    def _folder(self, folder: str, name: str) -> str | None:
        path = os.path.join(folder, name)
        return (
            path
            if self._is_there(path) and os.path.isdir(path) and self.label(path) is not None
            else None
        )

    def _relative(self, path: str) -> str | None:
        for full in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
            for root in self._roots:
                inner = full.removeprefix(os.path.join(root, ""))
                if inner == full:
                    continue
                if full.startswith(self._library) or self._is_installed(root, inner):
                    return None
                return inner.replace(os.sep, "/")
        return None

    def _is_installed(self, root: str, inner: str) -> bool:
        folder = root
        for name in inner.split(os.sep)[:-1]:
            folder = os.path.join(folder, name)
            if name in _INSTALLED or self._is_environment(folder):
                return True
        return False

    def _is_environment(self, folder: str) -> bool:
        if folder not in self._environments:
            marker = os.path.join(folder, "pyvenv.cfg")
            self._environments[folder] = os.path.isfile(marker)
        return self._environments[folder]

    def _package(self, folder: str) -> str:
        path = os.path.join(folder, "__init__.py")
        return path if self._is_there(path) else folder

    def _is_there(self, path: str) -> bool:
        self.probed[path] = found = os.path.exists(path)
        return found
