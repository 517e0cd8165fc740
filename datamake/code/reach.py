"""Which definitions of a project some code reaches, from name to name and file to file."""

import ast
import builtins
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from datamake.code.definitions import STARS, Binding
from datamake.code.parts import Part, digest_of
from datamake.code.places import Places
from datamake.code.project import Project
from datamake.code.scope import Chain, Imported
from datamake.code.source import Source
from datamake.code.syntax import Syntax, read

_BUILTIN = frozenset(vars(builtins))


class Definition(NamedTuple):
    """One name of one file of the project."""

    path: str
    name: str


class Reached(NamedTuple):
    """What a piece of code reaches at the first step.

    `unknown` are names that no statement of its module explains. All of the module is
    reached for them, since some statement of it must be what sets them.
    """

    definitions: tuple[Definition, ...]
    unknown: tuple[str, ...]


class Reach:
    """Follows names through the source files of a project, and imports nothing.

    Each file is read once, and each definition in it; make a new Reach to look again.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._sources: dict[str, Source | None] = {}
        self._places: dict[str, Places] = {}
        self._reached: dict[Definition, Reached] = {}
        self._parts: dict[Definition, Part] = {}
        self._closures: dict[Definition, dict[str, Part]] = {}

    def source(self, path: str) -> Source | None:
        """The file at a path; None if it is not a file of the project's own."""
        if path not in self._sources:
            label = self.project.label(path)
            is_source = label is not None and path.endswith(".py")
            self._sources[path] = Source(path, label) if label and is_source else None
        return self._sources[path]

    def files(self) -> list[str]:
        """The files of the project that were read."""
        return [path for path, source in self._sources.items() if source is not None]

    def places(self, source: Source) -> Places:
        """The functions of a file."""
        if source.path not in self._places:
            self._places[source.path] = Places(source)
        return self._places[source.path]

    def parts(self, definition: Definition) -> dict[str, Part]:
        """The part of a definition, and those of all that it reaches."""
        if definition not in self._closures:
            self._closures[definition] = self.all_parts([definition])
        return self._closures[definition]

    def all_parts(self, start: Iterable[Definition]) -> dict[str, Part]:
        """The parts of definitions and of all that they reach, however far away."""
        waiting = deque(start)
        found: dict[Definition, Part] = {}
        while waiting:
            definition = waiting.popleft()
            if definition not in found:
                self._read(definition)
                found[definition] = self._parts[definition]
                waiting.extend(self._reached[definition].definitions)
        return {self._key(definition): part for definition, part in found.items()}

    def follow(self, source: Source, syntax: Syntax) -> Reached:
        """What code that stands in `source` reaches at the first step."""
        trail = _Trail(self)
        unknown = []
        for chain in syntax.names:
            name = chain[0]
            known = trail.name(source, chain) or name in _BUILTIN or _is_special(name)
            if not known and STARS in source.definitions:
                trail.found[Definition(source.path, STARS)] = None
            elif not known:
                unknown.append(name)
                trail.whole(source.path)
        for imported in syntax.imports:
            trail.imported(source, imported, ())
        return Reached(tuple(trail.found), tuple(unknown))

    def unknown(self, definition: Definition) -> tuple[str, ...]:
        """Names that the definition uses and no statement of its module explains."""
        self._read(definition)
        return self._reached[definition].unknown

    def whole(self, path: str) -> dict[str, Part]:
        """The parts of all that a module defines."""
        trail = _Trail(self)
        trail.whole(path)
        return self.all_parts(trail.found)

    def _key(self, definition: Definition) -> str:
        return f"{self.project.label(definition.path)}:{definition.name}"

    def _read(self, definition: Definition) -> None:
        if definition in self._parts:
            return
        source = self.source(definition.path)
        assert source is not None
        normal: list[str] = []
        names: dict[Chain, None] = {}
        imports: dict[Imported, None] = {}
        for binding in source.definitions[definition.name]:
            syntax = read(_nodes(binding))
            words = " ".join(header.word for header in binding.headers)
            normal.append(f"{words}|{syntax.normal}|{_origin(source, binding)}")
            names.update(dict.fromkeys(syntax.names))
            imports.update(dict.fromkeys(syntax.imports))
        text = source.definition_text(definition.name)
        self._parts[definition] = Part(digest_of("\n".join(normal)), text)
        whole = Syntax("", tuple(names), tuple(imports))
        self._reached[definition] = self.follow(source, whole)


class _Trail:
    """Follows names as far as definitions, through any number of imports between them."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
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
            self.found[Definition(source.path, chain[0])] = None
        for binding in bindings:
            if binding.imported is not None:
                self.imported(source, binding.imported, chain[1:])
        from_star = self._starred(source, chain)
        self._seen[key] = from_star or any(binding.binds for binding in bindings)
        return self._seen[key]

    def imported(self, source: Source, imported: Imported, rest: Chain) -> None:
        """Follow what `source` imports; all of a module when it is used as a value."""
        place = self._reach.project.place(source.path, imported)
        names = imported.names + rest
        while place is not None and names:
            module = self._reach.source(place)
            if module is not None and self.name(module, names):
                return
            inner = self._reach.project.inside(place, names[0])
            if inner is None:
                break
            place, names = inner, names[1:]
        if place is not None:
            self.whole(place)

    def whole(self, path: str) -> None:
        """Follow every name of a module."""
        source = self._reach.source(path)
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
            module = self._reach.source(self._reach.project.place(source.path, origin) or "")
            if module is not None and module.exports(chain[0]):
                modules += self.name(module, chain)
        if modules > 1:
            self.found[Definition(source.path, STARS)] = None  # the last of them wins
        return modules > 0


def _nodes(binding: Binding) -> list[ast.AST]:
    nodes = [node for header in binding.headers for node in header.expressions]
    return nodes if binding.node is None else [*nodes, binding.node]


def _origin(source: Source, binding: Binding) -> str:
    """What an imported name stands for, in one spelling for relative and absolute imports."""
    if binding.imported is None:
        return ""
    level, module, names = binding.imported
    folders = source.label.split("/")
    above = folders[: len(folders) - level] if level else []
    return ".".join(filter(None, [*above, module])) + ":" + ".".join(names)


def _is_special(name: str) -> bool:
    """Names such as `__file__`, which every module has."""
    return name.startswith("__") and name.endswith("__")
