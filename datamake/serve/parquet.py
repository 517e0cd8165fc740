"""Prints the first rows of a Parquet file as JSON: a program to be run by itself."""

from __future__ import annotations

import json
import resource
import sys

MOST_MEMORY = 2 << 30
MOST_ROWS = 20
MOST_COLUMNS = 50
MOST_LETTERS = 200


def main(descriptor: int) -> None:
    """Print columns and first rows of an open file."""
    # Before numpy is there: it would start threads for as many cores as there are.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        import pyarrow.parquet as pq
    except ImportError:
        sys.exit("rows of Parquet files are read by pyarrow: pip install pyarrow")
    with open(descriptor, "rb") as file:
        table = pq.ParquetFile(file)
        names = table.schema_arrow.names[:MOST_COLUMNS]
        batches = table.iter_batches(batch_size=MOST_ROWS, columns=names, use_threads=False)
        first = next(batches, None)
        rows = [] if first is None else first.to_pylist()
        found = {
            "columns": names,
            "rows": [[_text(row[name]) for name in names] for row in rows],
            "total": table.metadata.num_rows,
            "truncated": table.metadata.num_rows > len(rows),
        }
    sys.stdout.write(json.dumps(found))


def _text(value: object) -> str:
    return "" if value is None else str(value)[:MOST_LETTERS]


if __name__ == "__main__":
    main(int(sys.argv[1]))
