"""What the store remembers only to save work: proofs of stages, and notes of other parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from datamake.database import Database
from datamake.model import Fresh
from datamake.store_rows import decoded_name, encoded_key, encoded_name

# To ask for each of more stages takes longer than to read what there is.
MOST_BY_NAME = 300

# The triggers of the store have it too.
OVERALL = "all fresh"


class ProofTable:
    """The proofs and notes in a store's file. Where that can't be written there are none."""

    _database: Database

    def proofs(self, names: Collection[str]) -> frozenset[bytes]:
        """Return the proofs of stages that are fresh if their proof still holds.

        Where `names` are many, those of other stages are among them.
        """
        if not self._database.writable:
            return frozenset()
        if len(names) > MOST_BY_NAME:
            return frozenset(self._database.column("SELECT proof FROM proof"))
        some = f"SELECT proof FROM proof WHERE stage IN ({', '.join('?' * len(names))})"
        rows = self._database.rows(some, *map(encoded_name, names))
        return frozenset(proof for (proof,) in rows)

    def prove(self, found: Iterable[tuple[Fresh, bytes]]) -> None:
        """Note a proof for each of some stages whose records are still what was known.

        Any later change of its record drops it again.
        """
        rows = [(proof, *encoded_key(fresh.stage), fresh.version) for fresh, proof in found]
        if rows:
            self._database.change_all(
                "INSERT OR REPLACE INTO proof SELECT stage, targets, ? FROM record"
                " WHERE stage = ? AND targets = ? AND version = ? AND holder IS NULL",
                rows,
            )

    @property
    def version(self) -> int:
        """A number that changes whenever somebody else has changed anything."""
        return self._database.version

    def count_proofs(self) -> int:
        """Return how many stages have a proof, with whatever targets."""
        if not self._database.writable:
            return 0
        return int(self._database.row("SELECT count(*) FROM proof")[0])

    def note_overall(self, body: bytes, proofs: int, version: int) -> None:
        """Note what proves all stages at once, if each of so many has a proof since a version."""
        with self._database.transaction():
            if self.version == version and self.count_proofs() >= proofs:
                self.take_note(OVERALL, body)

    def overall(self) -> bytes | None:
        """Return what proves all stages at once; any change of a record has dropped it."""
        return self.note(OVERALL)

    def note(self, name: str) -> bytes | None:
        """Return what was noted under a name, None if nothing was."""
        if not self._database.writable:
            return None
        row = self._database.row("SELECT body FROM note WHERE name = ?", name)
        return None if row is None else bytes(row[0])

    def take_note(self, name: str, body: bytes) -> None:
        """Note something under a name, in the place of what was noted before."""
        self._database.change("INSERT OR REPLACE INTO note VALUES (?, ?)", encoded_name(name), body)

    def notes(self, prefix: str) -> list[tuple[str, bytes]]:
        """Return what was noted under names that begin like this, with the names."""
        if not self._database.writable:
            return []
        found = "SELECT name, body FROM note WHERE substr(name, 1, ?) = ?"
        rows = self._database.rows(found, len(prefix), prefix)
        return [(decoded_name(name), bytes(body)) for name, body in rows]

    def drop_notes(self, names: Iterable[str]) -> None:
        """Drop what was noted under some names."""
        rows = [(encoded_name(name),) for name in names]
        if rows:
            self._database.change_all("DELETE FROM note WHERE name = ?", rows)
