"""Make for data: a doit plugin that decides what is stale and why, and builds it safely."""

from msgspec import Meta

from datamake.outside import restart_if_outside

__all__ = ["Meta", "__version__"]

__version__ = "0.1.0"

restart_if_outside()
