"""What an action is, where it applies, and under which heading the help has it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """A heading in the help; the order here is the order there."""

    MOVE = "Move"
    PANES = "Panes"
    LAYERS = "Layers"
    FILES = "Files"
    SORT = "Sort (the same key again reverses)"
    SHOW = "Show or hide files"
    CONTENT = "Content"
    TAKE = "Take along"
    GENERAL = "General"


class Place(StrEnum):
    """Where an action applies: what has the focus."""

    TREE = "tree"
    FILES = "files"
    DETAILS = "details"
    PAGE = "page"
    """Help, config and history, a file's page: text that is read."""
    FIND = "find"
    COMPARE = "compare"
    """The aligned rows of two sides."""
    PAIRS = "layer pairs"
    """The layers of two images side by side."""
    CONFIGS = "configs"
    """The configs of two images, field by field."""
    CONTENT = "content"
    """A file's content."""
    HUNKS = "content diff"
    """Two contents side by side, or unified."""


ANYWHERE: Final = frozenset(Place)
LISTS: Final = frozenset({Place.TREE, Place.FILES})
FOLDING: Final = LISTS | {Place.COMPARE}
MAIN: Final = frozenset({Place.TREE, Place.FILES, Place.DETAILS})
CONTENTS: Final = frozenset({Place.CONTENT, Place.HUNKS})
MERGING: Final = MAIN | {Place.PAGE, Place.FIND, Place.COMPARE}
SIDES: Final = frozenset({Place.COMPARE, Place.PAIRS, Place.CONFIGS, Place.HUNKS})
READING: Final = frozenset({Place.DETAILS, Place.PAGE, Place.CONFIGS}) | CONTENTS
OPENING: Final = LISTS | {Place.FIND, Place.COMPARE, Place.PAIRS}
ROWS: Final = LISTS | {Place.DETAILS, Place.FIND, Place.COMPARE, Place.CONTENT, Place.HUNKS}
"""Where a path, a layer or an image is meant."""
VERSIONS: Final = frozenset({Place.FILES, Place.FIND, Place.COMPARE, Place.CONTENT})
"""Where one version of a file is meant."""

PREFIXES: Final = {"s": "Sort by", "y": "Copy"}
"""Keys that wait for a second one, and what their hint begins with."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key, the palette or the footer can do."""

    name: str
    """What handlers are called by: `do_NAME`."""
    keys: tuple[str, ...]
    """Textual's names of the keys; of a two-key action both, with a space between."""
    shown: str
    """The keys as help and footer write them."""
    help: str
    """One sentence, without a stop."""
    group: Group
    places: frozenset[Place] = ANYWHERE
    footer: str = ""
    """Its word in the footer, of a two-key action in the hint; empty for an action that is not there."""
    rank: int = 50
    """Place in the footer from the left."""
    keep: int = 50
    """The footer drops the highest of these first when it is too narrow."""
