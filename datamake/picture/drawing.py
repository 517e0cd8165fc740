"""Draws what comes in the dot language on standard input: a program to be run by itself."""

from __future__ import annotations

import sys


def main(image_format: str) -> None:
    """Write the drawing to standard output."""
    from pygraphviz import AGraph

    graph = AGraph(string=sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(graph.draw(format=image_format, prog="dot"))


if __name__ == "__main__":
    main(sys.argv[1])
