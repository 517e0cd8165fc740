"""Make for data: a doit plugin that decides what is stale and why, and builds it safely."""

from typing import TYPE_CHECKING, Any

from msgspec import Meta

from datamake.outside import restart_if_outside

if TYPE_CHECKING:
    from datamake.tracking import Progress, track

__all__ = ["Meta", "Progress", "__version__", "track"]

__version__ = "0.1.0"

restart_if_outside()


def __getattr__(name: str) -> Any:
    """Import what a dodo.py may ask for, but a run with nothing to do has no use for."""
    if name in ("Progress", "track"):
        from datamake import tracking

        return getattr(tracking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
