"""Where the panes stand, by the size of the terminal."""

from dataclasses import dataclass

from layertui.tui.actions import Place

ONE_PANE_BELOW = 80
"""Columns below which one pane is shown at a time."""

HITS_ALONE_BELOW = 100
"""Columns below which what was found has the whole width: a hit is a path and a line of text."""

SIDE_FROM = 200
"""Columns from which the history stands at the right."""

TREE_LEAST = 20
"""Cells of the tree pane at least."""

FILES_LEAST = 40
"""Cells of the file pane at least, beside the tree."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is shown, and how large."""

    tree: int
    """Cells of the tree pane, its border included; 0 when it is not shown, -1 for the whole width."""
    main: bool
    """Whether the file pane, or the page in its place, is shown."""
    side: bool
    details: int
    """Lines of the details; 0 when they are not shown, -1 for the whole height."""


def usual_tree(width: int, *, host: bool = False) -> int:
    """Cells of the tree pane that nobody made wider or narrower; a host's has columns where there is room."""
    if host:
        return 36 if width < 100 else 40 if width < 120 else 56 if width < SIDE_FROM else 76
    return 29 if width < 100 else 34 if width < 140 else 44


def arrange(
    width: int,
    height: int,
    place: Place,
    zoomed: bool,
    tree_extra: int,
    *,
    host: bool = False,
    finding: bool = False,
) -> Arrangement:
    """Place the panes; `place` is what has the focus, `tree_extra` the cells that the person made the tree wider.

    `host` says that the tree is of a whole host, `finding` that hits stand in the place of the files.
    """
    if width < ONE_PANE_BELOW or zoomed:
        if place is Place.DETAILS:
            return Arrangement(0, False, False, -1)
        return Arrangement(-1 if place is Place.TREE else 0, place is not Place.TREE, False, 0)
    side = width >= SIDE_FROM
    tree = max(TREE_LEAST, min(usual_tree(width, host=host) + tree_extra, width - FILES_LEAST - (50 if side else 0)))
    if finding and width < HITS_ALONE_BELOW and place is not Place.TREE:
        tree = 0
    details = 3 if height < 30 else 5
    return Arrangement(tree, True, side, details)
