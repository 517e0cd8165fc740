"""Which definitions of a project some code reaches, from name to name and file to file."""

import ast
import builtins
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from datamake.code.computed import Computed, computed, entry
from datamake.code.definitions import STARS, Binding
from datamake.code.parts import Part, digest_of, part_of
from datamake.code.places import Places
from datamake.code.project import Project
from datamake.code.scope import Chain, Imported
from datamake.code.source import Source
from datamake.code.syntax import Syntax, read
from datamake.code.trail import Definition, Trail
from datamake.present import MISSING, Present

_BUILTIN = frozenset(vars(builtins))


class Reached(NamedTuple):
    """What a piece of code reaches at the first step.

    `unknown` are names that no statement of its module explains. All of the module is
    reached for them, since some statement of it must be what sets them.
    """

    definitions: tuple[Definition, ...]
    unknown: tuple[str, ...]


class Closure(NamedTuple):
    """All that some definitions reach: the parts by name, the digests of values that were looked
    at by file and address with a NUL between, and what can be called in tables of the project.

    `before` are parts that only went into data when a module was imported: without their values,
    since the data tell.
    """

    parts: dict[str, Part]
    before: dict[str, Part]
    values: dict[str, str]
    callables: tuple[Any, ...]


class Reach:
    """Follows names through the source files of a project, and imports nothing.

    Each file is read once, and each definition in it; make a new Reach to look again. `present`
    has the values that the text does not tell.
    """

    def __init__(self, project: Project, present: Present) -> None:
        self.project = project
        self._present = present
        self._sources: dict[str, Source | None] = {}
        self._places: dict[str, Places] = {}
        self._reached: dict[Definition, Reached] = {}
        self._parts: dict[Definition, Part] = {}
        self._bare: dict[Definition, Part] = {}
        self._computed: dict[Definition, Computed] = {}
        self._closures: dict[Definition, Closure] = {}

    def source(self, path: str) -> Source | None:
        """The file at a path; None if it is not a file of the project's own."""
        if path not in self._sources:
            label = self.project.label(path)
            is_source = label is not None and path.endswith(".py")
            self._sources[path] = Source(path, label) if label and is_source else None
        return self._sources[path]

    def read(self, path: str) -> Source | None:
        """The file at a path as it was read; None if it was not, or is none of the project's."""
        return self._sources.get(path)

    def files(self) -> list[str]:
        """The files of the project that were read."""
        return [path for path, source in self._sources.items() if source is not None]

    def places(self, source: Source) -> Places:
        """The functions of a file."""
        if source.path not in self._places:
            self._places[source.path] = Places(source)
        return self._places[source.path]

    def of(self, definition: Definition) -> Closure:
        """A definition with all that it reaches."""
        if definition not in self._closures:
            self._closures[definition] = self.of_all([definition])
        return self._closures[definition]

    def of_all(self, start: Iterable[Definition]) -> Closure:
        """Definitions with all that they reach, however far away."""
        waiting = deque((definition, True) for definition in start)
        found: dict[Definition, bool] = {}
        while waiting:
            definition, counts = waiting.popleft()
            if definition not in found or counts > found[definition]:
                self._read(definition)
                found[definition] = counts
                below = counts and not self._computed[definition].is_whole
                waiting.extend(
                    (reached, below) for reached in self._reached[definition].definitions
                )
        values: dict[str, str] = {}
        callables: list[Any] = []
        counting = [definition for definition, counts in found.items() if counts]
        for definition in counting:
            seen = self._computed[definition]
            values.update((f"{definition.path}\0{at}", it) for at, it in seen.digests.items())
            callables.extend(seen.callables)
        parts = {self._key(definition): self._parts[definition] for definition in counting}
        before = {self._key(it): self._bare[it] for it, counts in found.items() if not counts}
        return Closure(parts, before, values, tuple(callables))

    def follow(self, source: Source, syntax: Syntax) -> Reached:
        """What code that stands in `source` reaches at the first step."""
        trail = Trail(self)
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

    def whole(self, path: str) -> Closure:
        """All that a module defines, with all that it reaches."""
        trail = Trail(self)
        trail.whole(path)
        return self.of_all(trail.found)

    def _key(self, definition: Definition) -> str:
        return f"{self.project.label(definition.path)}:{definition.address}"

    def _read(self, definition: Definition) -> None:
        if definition in self._parts:
            return
        source = self.source(definition.path)
        assert source is not None
        if definition.keys:
            self._read_entry(definition)
            return
        normal: list[str] = []
        names: dict[Chain, None] = {}
        imports: dict[Imported, None] = {}
        for binding in source.definitions[definition.name]:
            syntax = read(_nodes(binding))
            words = " ".join(header.word for header in binding.headers)
            normal.append(f"{words}|{syntax.normal}|{_origin(source, binding)}")
            names.update(dict.fromkeys(syntax.names))
            imports.update(dict.fromkeys(syntax.imports))
        values = computed(source, definition.name, self._present)
        self._computed[definition] = values
        text = source.definition_text(definition.name)
        self._bare[definition] = Part(digest_of("\n".join(normal)), text)
        meaning = digest_of("\n".join([*normal, *values.meant]))
        self._parts[definition] = Part(meaning, "\n".join([text, *values.lines]))
        whole = Syntax("", tuple(names), tuple(imports))
        self._reached[definition] = self.follow(source, whole)

    def narrowed(self, source: Source, name: str, keys: Chain) -> Definition:
        """What code reaches that reads a name of a file, with constant keys behind it.

        Of a table it is what that has for the keys, if this is nothing but data.
        """
        entry = Definition(source.path, name, keys)
        if keys and all(binding.imported is None for binding in source.definitions[name]):
            value = self._present.value(entry.path, entry.address)
            if value is not MISSING and self._present.data.is_whole(value):
                return entry
        return Definition(source.path, name)

    def _read_entry(self, definition: Definition) -> None:
        """Read what a table has for keys: its value tells all, how it came there does not count."""
        values = entry(definition.path, definition.address, self._present)
        self._computed[definition] = values
        self._parts[definition] = Part(digest_of("\n".join(values.meant)), "\n".join(values.lines))
        self._bare[definition] = part_of(f"# {definition.address}")
        self._reached[definition] = Reached((), ())


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
