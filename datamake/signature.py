"""The signature of a callable, which for a plain function is looked at once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from types import FunctionType
from typing import Any

# So many functions are remembered: the stages of one creator follow each other.
MOST = 64


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return a callable's signature. Raises ValueError or TypeError where it has none."""
    if type(function) is FunctionType:
        return _of_function(function)
    return inspect.signature(function)


def parameters_of(function: Callable[..., Any]) -> Collection[str]:
    """Return the names of a callable's parameters. Raises as `signature_of` does."""
    if type(function) is FunctionType:
        return _names_of_function(function)
    return inspect.signature(function).parameters


@functools.lru_cache(MOST)
def _of_function(function: FunctionType) -> inspect.Signature:
    return inspect.signature(function)


@functools.lru_cache(MOST)
def _names_of_function(function: FunctionType) -> frozenset[str]:
    return frozenset(_of_function(function).parameters)
