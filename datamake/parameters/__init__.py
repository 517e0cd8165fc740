"""Typed parameters: what a task creator's signature declares, and values read from text."""

from datamake.parameters.signatures import (
    REQUIRED,
    InvalidParameter,
    Parameter,
    parameters_of,
    unknown,
)

__all__ = ["REQUIRED", "InvalidParameter", "Parameter", "parameters_of", "unknown"]
