"""What an extraction leaves out by rule, not for a failure: counted from the plan, and said in words."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from layertui.extract.attributes import Options
from layertui.extract.plan import Plan
from layertui.layer.columns import Kind

_SET_IDS = 0o6000
"""The setuid and setgid bits."""


_ONLY_MAKES = "only --as-root-filesystem makes them."
_ONLY_KEEPS = "only --as-root-filesystem keeps them."


class _Words(NamedTuple):
    """How one kind of thing is told; of pairs the first is for one thing, the second for more."""

    short: tuple[str, str]
    subject: tuple[str, str]
    end: str


_WORDS = (
    _Words(
        ("device or pipe", "devices and pipes"),
        ("device or pipe is left out:", "devices and pipes are left out:"),
        _ONLY_MAKES,
    ),
    _Words(
        ("whiteout", "whiteouts"),
        ("whiteout is left out:", "whiteouts are left out:"),
        "they stand for no file.",
    ),
    _Words(
        ("setuid bit", "setuid bits"),
        ("file has no setuid or setgid bit any more:", "files have no setuid or setgid bits any more:"),
        _ONLY_KEEPS,
    ),
    _Words(
        ("xattr", "xattrs"),
        ("entry has no extended attributes any more:", "entries have no extended attributes any more:"),
        _ONLY_KEEPS,
    ),
    _Words(
        ("owner", "owners"),
        ("entry has another owner than in the image:", "entries have other owners than in the image:"),
        _ONLY_KEEPS,
    ),
)
"""In the order of the fields of LeftOut."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many things were left out, or were made without something that they have in the image."""

    devices: int = 0
    """Devices and pipes."""
    whiteouts: int = 0
    set_ids: int = 0
    """Files with setuid or setgid bits, which were made without."""
    attributes: int = 0
    """Files and directories with extended attributes, capabilities among them, which were made without."""
    owners: int = 0
    """Files and directories of others than the process, whose they are now. Counted for root alone: nobody else could
    keep them."""

    def _told(self) -> list[tuple[int, _Words]]:
        counts = (self.devices, self.whiteouts, self.set_ids, self.attributes, self.owners)
        return [(count, words) for count, words in zip(counts, _WORDS, strict=True) if count]

    def words(self) -> str:
        """All of it in few words: `2 devices and pipes, 1 whiteout, 3 setuid bits`; empty for nothing."""
        return ", ".join(f"{count:,} {words.short[count > 1]}" for count, words in self._told())

    def sentences(self) -> list[str]:
        """The same, a sentence each."""
        return [f"{count:,} {words.subject[count > 1]} {words.end}" for count, words in self._told()]


def left_out(plan: Plan, options: Options, check: Callable[[], None]) -> LeftOut:
    """Count what a plan holds and the options leave out; `check` is called now and then, and may raise Cancelled."""
    if options.as_root_filesystem:
        return LeftOut(whiteouts=plan.whiteouts)
    devices = sum(not options.makes(plan.kind(item)) for item in plan.others)
    owners: Counter[tuple[int, int, bool]] = Counter()
    attributes = 0
    for items, are_files in ((plan.directories, False), (plan.files, True)):
        for item in items:
            columns = plan.trees[item.layer].columns
            owners[item.layer, columns.owners[item.row], are_files] += 1
            attributes += item.row in columns.xattrs
        check()
    # A symlink has an owner too, but no bits that matter and mostly no attributes.
    for item in plan.others:
        if plan.kind(item) is Kind.SYMLINK:
            owners[item.layer, plan.trees[item.layer].columns.owners[item.row], False] += 1
    me = (os.geteuid(), os.getegid())
    set_ids = others = 0
    for (layer, number, are_files), count in owners.items():
        mode, uid, gid = plan.trees[layer].columns.owner_table[number]
        set_ids += count if are_files and mode & _SET_IDS else 0
        others += count if me[0] == 0 and (uid, gid) != me else 0
    return LeftOut(devices, plan.whiteouts, set_ids, attributes, others)
