"""Says why a target could not be put in its place, and what would help."""

from __future__ import annotations

import os
import stat

from datamake import files
from datamake.failure import describe_failure
from datamake.model import StagedTarget
from datamake.staging import Staging


def why_not_in_place(error: OSError, staging: Staging) -> str:
    """Return in one line why targets could not be staged, or given their places.

    Where this user may not do it, it names the target, its folder and whose that is.
    """
    if isinstance(error, PermissionError):
        concerned = [each for each in staging.targets.values() if _concerns(error, each)]
        line = next(filter(None, map(_refusal, concerned)), "")
        if line:
            return line
    # Of a staging folder that could not be made, the folder around it is to blame.
    what = describe_failure(error).replace(f"{os.sep}{staging.token}'", "'")
    return what.replace(f"'{staging.token}'", "'.'")


def _concerns(error: PermissionError, target: StagedTarget) -> bool:
    places = (target.destination, target.staged, target.last_good)
    around = {os.path.dirname(place) or os.curdir for place in places}
    return bool({error.filename, error.filename2} & {*places, *around})


def _refusal(target: StagedTarget) -> str:
    place, folder = target.destination, os.path.dirname(target.destination) or os.curdir
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder) or os.curdir
    mine = "you may not write in it"
    if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
        whose = f"the folder {folder} is {files.owner(folder)}'s, and {mine}"
        return f"{target.name} can't be made: {whose}: `chmod g+w {folder}` by its owner helps"
    if not os.path.lexists(place):
        return ""
    owner = files.owner(place)
    if files.is_folder(place) and not os.access(place, os.W_OK | os.X_OK):
        return (
            f"{target.name} can't be replaced: it is a folder of {owner}, and {mine}:"
            f" `chmod g+w {place}` by {owner} helps, and `umask 002` for what is built from now on"
        )
    if os.lstat(folder).st_mode & stat.S_ISVTX and os.lstat(place).st_uid != os.geteuid():
        whose = f"the folder {folder} of {files.owner(folder)}, which is sticky"
        return (
            f"{target.name} can't be replaced: it is {owner}'s, and in {whose}, only {owner} may do"
            f" that: `chmod -t {folder}` by its owner helps"
        )
    return ""
