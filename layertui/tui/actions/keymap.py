"""The keymap: what each key does, and which keys wait for a second one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from layertui.settings.keynames import is_plain
from layertui.tui.actions.action import PREFIXES, Action, Group

TITLES: Final = {Group.SORT: PREFIXES["s"], Group.TAKE: PREFIXES["y"]}
"""What a hint begins with where all that can follow is of one group."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """The actions with the keys that they have; no key means two of them."""

    actions: tuple[Action, ...]
    """In the order of the help."""
    by_key: Mapping[str, Action] = field(init=False)
    """What each key means, of two-key actions both with a space between."""
    prefixes: Mapping[str, str] = field(init=False)
    """Keys that wait for a second one, and what their hint begins with; empty for what belongs together by chance."""

    def __post_init__(self) -> None:
        """Look up once what is asked for at every key."""
        by_key = {key: action for action in self.actions for key in action.keys}
        groups: dict[str, set[Group]] = {}
        for key, action in by_key.items():
            first, space, _ = key.partition(" ")
            if space:
                groups.setdefault(first, set()).add(action.group)
        titles = {first: TITLES.get(min(found), "") if len(found) == 1 else "" for first, found in groups.items()}
        object.__setattr__(self, "by_key", by_key)
        object.__setattr__(self, "prefixes", titles)

    def only_by_ctrl(self) -> list[str]:
        """The names of actions without a key that can be pressed without Ctrl: the palette still has them."""
        return [action.name for action in self.actions if not any(map(is_plain, action.keys))]
