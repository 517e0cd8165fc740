"""Follows a name of a module to the definitions that it may stand for, through imports."""

from typing import NamedTuple, Protocol

from datamake.code.definitions import STARS
from datamake.code.project import Project
from datamake.code.scope import Chain, Imported, is_key, keys_of
from datamake.code.source import Source


class Definition(NamedTuple):
    """One name of one file of the project, or with `keys` what its table has for them."""

    path: str
    name: str
    keys: Chain = ()

    @property
    def address(self) -> str:
        """The name with its keys."""
        return self.name + "".join(self.keys)


class Files(Protocol):
    """The files of a project, and which definitions of theirs are told apart by keys."""

    project: Project

    def source(self, path: str) -> Source | None:
        """The file at a path; None if it is not a file of the project's own."""

    def narrowed(self, source: Source, name: str, keys: Chain) -> Definition:
        """What code reaches that reads a name of a file, with constant keys behind it."""


class Trail:
    """Follows names as far as definitions, through any number of imports between them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: dict[tuple[str, Chain], bool] = {}
        self.found: dict[Definition, None] = {}

    def name(self, source: Source, chain: Chain) -> bool:
        """Follow a name of a module; False if nothing in the module gives it a value."""
        key = (source.path, chain)
        if key in self._seen:
            return self._seen[key]
        self._seen[key] = False  # what modules import from each other in a circle
        bindings = source.definitions.get(chain[0], [])
        if bindings:
            narrowed = self._files.narrowed(source, chain[0], keys_of(chain[1:]))
            self.found[narrowed] = None
        for binding in bindings:
            if binding.imported is not None:
                self.imported(source, binding.imported, chain[1:])
        from_star = self._starred(source, chain)
        self._seen[key] = from_star or any(binding.binds for binding in bindings)
        return self._seen[key]

    def imported(self, source: Source, imported: Imported, rest: Chain) -> None:
        """Follow what `source` imports; all of a module when it is used as a value."""
        place = self._files.project.place(source.path, imported)
        names = imported.names + rest
        while place is not None and names:
            module = self._files.source(place)
            if module is not None and self.name(module, names):
                return
            inner = None if is_key(names[0]) else self._files.project.inside(place, names[0])
            if inner is None:
                break
            place, names = inner, names[1:]
        if place is not None:
            self.whole(place)

    def whole(self, path: str) -> None:
        """Follow every name of a module."""
        source = self._files.source(path)
        if source is None or (path, ()) in self._seen:
            return
        self._seen[path, ()] = True
        for name in source.definitions:
            self.name(source, (name,))

    def _starred(self, source: Source, chain: Chain) -> bool:
        modules = 0
        for binding in source.definitions.get(STARS, ()):
            if binding.imported is None or chain[0] == STARS:
                continue
            origin = binding.imported._replace(names=())
            module = self._files.source(self._files.project.place(source.path, origin) or "")
            if module is not None and module.exports(chain[0]):
                modules += self.name(module, chain)
        if modules > 1:
            self.found[Definition(source.path, STARS)] = None  # the last of them wins
        return modules > 0
