"""Remapping: the keymap that a preset and config.toml make of the registry, and what is wrong with it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from layertui.settings.configfile import KEYS, ConfigFile
from layertui.settings.keynames import shown
from layertui.settings.options import BY_NAME as OPTION_NAMES
from layertui.tui.actions.action import Action
from layertui.tui.actions.keymap import Keymap
from layertui.tui.actions.presets import PRESETS

KEPT = "quit"
"""The action that cannot be without a key: nobody could leave."""

ALWAYS = {"cancel": "ctrl+c"}
"""Keys that no config takes away from an action: what a terminal program is stopped with."""


def remapped(
    actions: Sequence[Action], config: ConfigFile | None = None, preset: str = "default"
) -> tuple[Keymap, dict[str, str]]:
    """The keymap of a preset and a config, and by action's name what gave it its keys, for errors and `config`.

    Raises UsageError for an action that is not there, a key with two meanings, and a config without a way to quit.
    """
    given = config.keys if config is not None else {}
    names = [action.name for action in actions]
    for name in given:
        if name not in names and config is not None:
            config.refuse((KEYS, name), "there is no such action", _nearest(name, names))
    made, origins = [], {}
    for action in actions:
        keys, origin = action.keys, "by default"
        if action.name in PRESETS[preset]:
            keys, origin = PRESETS[preset][action.name], f"by the preset {preset}"
        if config is not None and action.name in given:
            line = config.lines.get((KEYS, action.name))
            keys, origin = given[action.name], f"by line {line}" if line else "by the file"
        if (kept := ALWAYS.get(action.name)) is not None and kept not in keys:
            keys = (*keys, kept)
        origins[action.name] = origin
        made.append(action if keys == action.keys else replace(action, keys=keys, shown=" ".join(map(shown, keys))))
    _check(made, origins, config)
    return Keymap(tuple(made)), origins


def _nearest(name: str, names: Sequence[str]) -> str:
    if name in OPTION_NAMES:
        return f"{name} is an option: write it above [{KEYS}]."
    near = difflib.get_close_matches(name.lower().replace("-", "_"), names, n=1)
    return f"The nearest is {near[0]}." if near else "All there are: layertui config"


def _check(actions: Sequence[Action], origins: Mapping[str, str], config: ConfigFile | None) -> None:
    """Raise UsageError for a key with two meanings, and where no key quits."""
    meant: dict[str, Action] = {}
    for action in actions:
        for key in action.keys:
            if (other := meant.setdefault(key, action)) is not action:
                _refuse(config, key, (action, other), origins)
    for key, action in meant.items():
        first, space, _ = key.partition(" ")
        if space and first in meant:
            _refuse(config, key, (action, meant[first]), origins)
    for action in actions:
        if action.name == KEPT and not action.keys:
            _where(config, (action,)).refuse((KEYS, action.name), "this needs a key: nobody could leave")


def _refuse(config: ConfigFile | None, key: str, pair: tuple[Action, Action], origins: Mapping[str, str]) -> NoReturn:
    """Raise the UsageError about a key that means both of two actions, or begins what means the first of them."""
    held = _where(config, pair)
    here, other = pair if pair[0].name in held.keys else pair[::-1]
    if key in here.keys and key in other.keys:
        why = f"{shown(key)} means {other.name} too, {origins[other.name]}"
    else:
        first = key.partition(" ")[0]
        own, others = (key, first) if here is pair[0] else (first, key)
        why = f"{shown(own)} cannot be told from {shown(others)}, which means {other.name}, {origins[other.name]}"
    hint = f"Give {other.name} other keys in a line of its own, or none: {other.name} = []"
    held.refuse((KEYS, here.name), why, "That key stays." if key in ALWAYS.values() else hint)


def _where(config: ConfigFile | None, actions: Sequence[Action]) -> ConfigFile:
    """The config to blame; a preset of our own that is wrong is a bug, not a person's mistake."""
    if config is None or not any(action.name in config.keys for action in actions):
        raise AssertionError(f"The keys of {', '.join(action.name for action in actions)} are wrong.")
    return config
