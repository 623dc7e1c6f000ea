"""Moving about, and the panes."""

from typing import Final

from layertui.tui.actions.action import CONTENTS, FOLDING, OPENING, Action, Group

MOVING: Final = (
    Action("cursor_up", ("up", "k"), "Up k", "Move up", Group.MOVE),
    Action("cursor_down", ("down", "j"), "Down j", "Move down", Group.MOVE),
    Action("page_up", ("pageup", "ctrl+u"), "PgUp Ctrl+U", "Move up a page", Group.MOVE),
    Action("page_down", ("pagedown", "ctrl+d"), "PgDn Ctrl+D", "Move down a page", Group.MOVE),
    Action("top", ("g", "home"), "g Home", "Go to the first line", Group.MOVE),
    Action("bottom", ("G", "end"), "G End", "Go to the last line", Group.MOVE),
    Action(
        "expand",
        ("right", "l"),
        "Right l",
        "Expand, or enter what is expanded; see what cut lines have further right",
        Group.MOVE,
        FOLDING | CONTENTS,
    ),
    Action(
        "collapse",
        ("left", "h"),
        "Left h",
        "Collapse, or go to the parent; back to the left in cut lines",
        Group.MOVE,
        FOLDING | CONTENTS,
    ),
    Action("fold", ("space",), "Space", "Fold or unfold", Group.MOVE, FOLDING),
    Action("collapse_all", ("minus",), "-", "Collapse everything", Group.MOVE, FOLDING),
    Action("expand_all", ("equals_sign",), "=", "Expand everything", Group.MOVE, FOLDING),
    Action(
        "open",
        ("enter",),
        "Enter",
        "Open: an image, a container, a layer's files, a directory, a file's content, a hit, what differs",
        Group.MOVE,
        OPENING,
        footer="open",
        rank=25,
        keep=70,
    ),
    Action(
        "back",
        ("escape", "backspace"),
        "Esc Backspace",
        "Go back: close the page, the filter or the zoom",
        Group.MOVE,
        footer="back",
        rank=5,
        keep=20,
    ),
    Action("next_pane", ("tab",), "Tab", "Go to the next pane", Group.PANES, footer="pane", rank=10, keep=40),
    Action("previous_pane", ("shift+tab",), "Shift+Tab", "Go to the previous pane", Group.PANES),
    Action("pane_tree", ("1",), "1", "Go to the images and layers", Group.PANES),
    Action("pane_files", ("2",), "2", "Go to the files", Group.PANES),
    Action("pane_details", ("3",), "3", "Go to the details", Group.PANES),
    Action("narrower", ("less_than_sign",), "<", "Make the left pane narrower", Group.PANES),
    Action("wider", ("greater_than_sign",), ">", "Make the left pane wider", Group.PANES),
    Action("zoom", ("z",), "z", "Give the pane the whole screen, or take it back", Group.PANES),
)
