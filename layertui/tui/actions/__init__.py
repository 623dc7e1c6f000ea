"""The registry of actions: from it come the keys, the help, the footer and the command palette."""

from collections.abc import Iterable, Iterator
from typing import Final

from layertui.settings.keynames import shown
from layertui.tui.actions.action import PREFIXES as PREFIXES
from layertui.tui.actions.action import Action as Action
from layertui.tui.actions.action import Group as Group
from layertui.tui.actions.action import Place as Place
from layertui.tui.actions.contents import CONTENTS_AND_REST
from layertui.tui.actions.keymap import Keymap as Keymap
from layertui.tui.actions.looking import LOOKING
from layertui.tui.actions.moving import MOVING

ACTIONS: Final = (*MOVING, *LOOKING, *CONTENTS_AND_REST)
"""Everything that can be done, in the order of the help, with the keys that it has by default."""

BY_NAME: Final = {action.name: action for action in ACTIONS}

FOOTER_PAIRS: Final = {"next_layer": "previous_layer"}
"""Where the footer has the key of another action too, before its own."""

HINTED: Final = frozenset(action.name for action in ACTIONS if any(" " in key for key in action.keys))
"""Actions whose word in the footer is one of a prefix key's hint, and says little without it."""

FOOTER_WORDS: Final = {
    ("filter", Place.CONTENT): "search",
    ("filter", Place.HUNKS): "search",
    ("next_layer", Place.CONTENT): "version",
    ("next_layer", Place.HUNKS): "version",
    ("show_unchanged", Place.HUNKS): "equal",
}
"""Where the footer has another word for an action than anywhere else."""


_in_force: list[Keymap] = [Keymap(ACTIONS)]
"""The one keymap of this process: all screens have the same keys."""


def keymap() -> Keymap:
    """The actions with the keys that they have now."""
    return _in_force[0]


def use(keymap: Keymap) -> None:
    """Let other keys be in force from now on, in help, footer, palette and hints too."""
    _in_force[0] = keymap


def key_of(name: str) -> str:
    """The first key of an action, as a sentence names it; the palette's words where it has none."""
    action = next(action for action in keymap().actions if action.name == name)
    return shown(action.keys[0]) if action.keys else f"`{action.help}`"


def after_prefix(prefix: str, key: str) -> Action | None:
    """The action that a second key means after a prefix key."""
    return keymap().by_key.get(f"{prefix} {key}")


def prefix_hint(prefix: str) -> str:
    """What can follow a prefix key, for the footer: `Sort by  s size  n name`."""
    words = []
    for action in keymap().actions:
        for key in action.keys:
            if key.startswith(prefix + " "):
                second = shown(key.removeprefix(prefix + " "))
                words.append(f"{second} {action.footer or action.name.replace('_', ' ')}")
    return "  ".join([keymap().prefixes[prefix] or shown(prefix), *words])


def footer(place: Place, width: int, left_out: Iterable[str] = ()) -> str:
    """The footer's text for what has the focus, in at most `width` cells; the least important goes first."""
    by_name = {action.name: action for action in keymap().actions}
    first = {name: key for name, action in by_name.items() for key in reversed(action.keys) if " " not in key}
    hidden = HINTED.union(left_out)
    chosen = [
        action
        for action in by_name.values()
        if action.footer and place in action.places and action.name in first and action.name not in hidden
    ]

    def keys(action: Action) -> str:
        both = (FOOTER_PAIRS.get(action.name, ""), action.name)
        return " ".join(shown(first[name]) for name in both if name in first)

    def text() -> str:
        ordered = sorted(chosen, key=lambda action: action.rank)
        return "  ".join(
            f"{keys(action)} {FOOTER_WORDS.get((action.name, place), action.footer)}" for action in ordered
        )

    while chosen and len(text()) > width:
        chosen.remove(max(chosen, key=lambda action: action.keep))
    return text()


def by_group() -> Iterator[tuple[Group, list[Action]]]:
    """The actions under their headings."""
    for group in Group:
        yield group, [action for action in keymap().actions if action.group is group]
