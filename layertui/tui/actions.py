"""The registry of actions: from it come the key bindings, the help, the footer and the command palette."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual.binding import Binding


class Group(StrEnum):
    """A heading in the help; the order here is the order there."""

    MOVE = "Move"
    PANES = "Panes"
    LAYERS = "Layers"
    FILES = "Files"
    SORT = "Sort (the same key again reverses)"
    SHOW = "Show or hide files"
    GENERAL = "General"


class Place(StrEnum):
    """Where an action applies: what has the focus."""

    TREE = "tree"
    FILES = "files"
    DETAILS = "details"
    PAGE = "page"
    """Help, config and history, a file's page: text that is read."""
    FIND = "find"


ANYWHERE: Final = frozenset(Place)
LISTS: Final = frozenset({Place.TREE, Place.FILES})
MAIN: Final = frozenset({Place.TREE, Place.FILES, Place.DETAILS})
READING: Final = frozenset({Place.DETAILS, Place.PAGE})
OPENING: Final = LISTS | {Place.FIND}

PREFIXES: Final = {"s": "Sort by"}
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


ACTIONS: Final[tuple[Action, ...]] = (
    Action("cursor_up", ("up", "k"), "Up k", "Move up", Group.MOVE),
    Action("cursor_down", ("down", "j"), "Down j", "Move down", Group.MOVE),
    Action("page_up", ("pageup", "ctrl+u"), "PgUp Ctrl+U", "Move up a page", Group.MOVE),
    Action("page_down", ("pagedown", "ctrl+d"), "PgDn Ctrl+D", "Move down a page", Group.MOVE),
    Action("top", ("g", "home"), "g Home", "Go to the first line", Group.MOVE),
    Action("bottom", ("G", "end"), "G End", "Go to the last line", Group.MOVE),
    Action("expand", ("right", "l"), "Right l", "Expand, or enter what is expanded", Group.MOVE, LISTS),
    Action("collapse", ("left", "h"), "Left h", "Collapse, or go to the parent", Group.MOVE, LISTS),
    Action("fold", ("space",), "Space", "Fold or unfold", Group.MOVE, LISTS),
    Action("collapse_all", ("minus",), "-", "Collapse everything", Group.MOVE, LISTS),
    Action("expand_all", ("equals_sign",), "=", "Expand everything", Group.MOVE, LISTS),
    Action(
        "open",
        ("enter",),
        "Enter",
        "Open: an image, a container, a layer's files, a directory, a file's metadata and history, a hit",
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
    Action(
        "previous_layer",
        ("left_square_bracket", "comma"),
        "[ ,",
        "Go to the layer below, staying at the path",
        Group.LAYERS,
    ),
    Action(
        "next_layer",
        ("right_square_bracket", "full_stop"),
        "] .",
        "Go to the layer above, staying at the path",
        Group.LAYERS,
        footer="layer",
        rank=20,
        keep=45,
    ),
    Action(
        "merged",
        ("v",),
        "v",
        "Switch between this layer's diff and all layers merged up to it",
        Group.LAYERS,
        footer="merged",
        rank=40,
        keep=50,
    ),
    Action(
        "order",
        ("t",),
        "t",
        "Switch the pane's order: images or ancestry; file tree or flat list",
        Group.LAYERS,
        LISTS,
        footer="order",
        rank=45,
        keep=80,
    ),
    Action("winner", ("w",), "w", "Jump to the layer whose version of this path a container sees", Group.LAYERS),
    Action("cycle", ("W",), "W", "Jump to the next layer that holds this path", Group.LAYERS),
    Action(
        "filter",
        ("slash",),
        "/",
        "Filter files, or a host's images, as you type: all terms must match; !not 'exact ^prefix suffix$",
        Group.FILES,
        MAIN,
        footer="filter",
        rank=30,
        keep=30,
    ),
    Action(
        "find",
        ("f",),
        "f",
        "Find a path in every layer of the image, hidden and deleted ones too",
        Group.FILES,
        footer="find",
        rank=35,
        keep=60,
    ),
    Action("next_hit", ("n",), "n", "Go to the next hit, or else the next changed row", Group.FILES),
    Action("previous_hit", ("N",), "N", "Go to the previous hit, or else the previous changed row", Group.FILES),
    Action("overlaps", ("o",), "o", "Show only paths that more than one layer holds, or all", Group.FILES, MAIN),
    Action("sort_size", ("s s",), "s s", "Sort by size", Group.SORT, MAIN, footer="size"),
    Action("sort_name", ("s n",), "s n", "Sort by name", Group.SORT, MAIN, footer="name"),
    Action(
        "sort_count",
        ("s c",),
        "s c",
        "Sort by number of entries; images by containers",
        Group.SORT,
        MAIN,
        footer="count",
    ),
    Action("sort_mtime", ("s m",), "s m", "Sort by time of change; images by age", Group.SORT, MAIN, footer="time"),
    Action(
        "sort_layer", ("s l",), "s l", "Sort by layer; images by number of layers", Group.SORT, MAIN, footer="layer"
    ),
    Action(
        "sort_reclaimable",
        ("s r",),
        "s r",
        "Sort by reclaimable bytes; images by what removing frees",
        Group.SORT,
        MAIN,
        footer="reclaimable",
    ),
    Action("show_added", ("a",), "a", "Show or hide what was added", Group.SHOW, MAIN),
    Action("show_modified", ("m",), "m", "Show or hide what was modified (~ m = ? T)", Group.SHOW, MAIN),
    Action("show_removed", ("r",), "r", "Show or hide what was removed (- O)", Group.SHOW, MAIN),
    Action("show_unchanged", ("u",), "u", "Show or hide what is unchanged or identical", Group.SHOW, MAIN),
    Action(
        "info",
        ("i",),
        "i",
        "Show config and history of an image, and what is known of a container",
        Group.GENERAL,
        footer="config",
        rank=47,
        keep=85,
    ),
    Action("long_lines", ("L",), "L", "Wrap long lines, or cut them", Group.GENERAL, READING),
    Action(
        "refresh",
        ("R",),
        "R",
        "Read again what failed or was cancelled, ask an engine again, draw the screen anew",
        Group.GENERAL,
        footer="ask again",
        rank=27,
        keep=35,
    ),
    Action("palette", ("colon", "ctrl+p"), ": Ctrl+P", "Run any action by its name", Group.GENERAL),
    Action(
        "help",
        ("question_mark", "f1"),
        "? F1",
        "Show the keys and the marks",
        Group.GENERAL,
        footer="help",
        rank=90,
        keep=10,
    ),
    Action("cancel", ("ctrl+c",), "Ctrl+C", "Cancel the running work", Group.GENERAL),
    Action("quit", ("q",), "q", "Close the page, or quit", Group.GENERAL, footer="quit", rank=95, keep=15),
)
"""Everything that can be done, in the order of the help."""

BY_NAME: Final = {action.name: action for action in ACTIONS}

FOOTER_KEYS: Final = {"next_layer": "[ ]", "help": "?", "back": "Esc"}
"""Where the footer writes other keys than the help: for a pair, or to be short."""


def bindings() -> list[Binding]:
    """Every single key as a Textual binding, with the action's name as its identity for a keymap."""
    made = [
        Binding(",".join(single), f"do('{action.name}')", action.help, show=False, id=action.name)
        for action in ACTIONS
        if (single := [key for key in action.keys if " " not in key])
    ]
    made += [Binding(key, f"prefix('{key}')", hint, show=False, id=f"prefix_{key}") for key, hint in PREFIXES.items()]
    return made


def after_prefix(prefix: str, key: str) -> Action | None:
    """The action that a second key means after a prefix key."""
    wanted = f"{prefix} {key}"
    return next((action for action in ACTIONS if wanted in action.keys), None)


def prefix_hint(prefix: str) -> str:
    """What can follow a prefix key, for the footer: `Sort by  s size  n name`."""
    words = []
    for action in ACTIONS:
        for key in action.keys:
            if key.startswith(prefix + " "):
                words.append(f"{key.removeprefix(prefix + ' ')} {action.footer}")
    return "  ".join([PREFIXES[prefix], *words])


def footer(place: Place, width: int, left_out: Iterable[str] = ()) -> str:
    """The footer's text for what has the focus, in at most `width` cells; the least important goes first."""
    hidden = set(left_out) | {action.name for action in ACTIONS if any(" " in key for key in action.keys)}
    chosen = [action for action in ACTIONS if action.footer and place in action.places and action.name not in hidden]

    def text() -> str:
        ordered = sorted(chosen, key=lambda action: action.rank)
        return "  ".join(f"{FOOTER_KEYS.get(action.name, action.shown)} {action.footer}" for action in ordered)

    while chosen and len(text()) > width:
        chosen.remove(max(chosen, key=lambda action: action.keep))
    return text()


def by_group() -> Iterator[tuple[Group, list[Action]]]:
    """The actions under their headings."""
    for group in Group:
        yield group, [action for action in ACTIONS if action.group is group]
