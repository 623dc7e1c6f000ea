"""Names of keys: as a person writes them in config.toml and reads them in the help, and as the screen calls them.

A key is written as what it types (`q`, `G`, `?`, `[`), by its name (`enter`, `pgup`, `f1`), or with `ctrl+` or `shift+`
before it. Two keys with a space between are pressed one after the other.
"""

import unicodedata
from typing import Final

from layertui.errors import UsageError

_NAMED: Final = {
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "insert": "Ins",
    "delete": "Del",
    "enter": "Enter",
    "tab": "Tab",
    "escape": "Esc",
    "backspace": "Backspace",
    "space": "Space",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
"""The screen's names of keys that type nothing, and how they are shown."""

_ALSO: Final = {
    **{shown.lower(): name for name, shown in _NAMED.items()},
    "return": "enter",
    "esc": "escape",
}
"""Other ways to write them."""

_SHORTENED: Final = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where the screen has another name for a character than Unicode."""

_CHARACTERS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

_SAME: Final = {
    "ctrl+i": "Tab",
    "ctrl+m": "Enter",
    "ctrl+h": "Backspace",
    "ctrl+[": "Esc",
    "ctrl+3": "Esc",
}
"""Chords that arrive as another key, and which."""

_MOVING: Final = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
"""Named keys that terminals send with Ctrl or Shift."""


def _screen_name(character: str) -> str:
    """What the screen calls a character's key: letters and digits by themselves, others by Unicode's name."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORTENED.get(name, name)


_NAMES: Final = {_screen_name(character): character for character in _CHARACTERS}
"""The screen's names of ASCII's characters that are neither letters nor digits."""


def parse_keys(text: str) -> str:
    """The screen's name of a key, or of two with a space between; raises UsageError with why it is none."""
    parts = text.split()
    if not 1 <= len(parts) <= 2:
        raise UsageError(
            f"'{text}' is {'no key' if not parts else 'more than two keys'}", 'The space bar is written "space".'
        )
    names = [_parse(part) for part in parts]
    if "ctrl+z" in names:
        raise UsageError("Ctrl+Z cannot be given away: it is the shell's")
    if len(names) == 2 and names[0] == "escape":
        raise UsageError("Esc goes back at once, so no second key can follow it")
    return " ".join(names)


def _parse(part: str) -> str:
    if len(part) == 1:
        if part.isprintable() and (name := _screen_name(part)):
            return name
        raise UsageError(f"'{part}' is a character that no key types")
    name = part.lower()
    name = _ALSO.get(name, name)
    if name in _NAMED or name in _NAMES:
        return name
    *modifiers, key = name.split("+")
    key = _ALSO.get(key, key)
    match modifiers:
        case ["ctrl"]:
            return _with_ctrl(part, f"ctrl+{key}", key)
        case ["shift"] if key in (*_MOVING, "tab") or (key in _NAMED and key[0] == "f"):
            return f"shift+{key}"
        case ["shift"] if len(key) == 1 and key.isalpha():
            return key.upper()
        case ["alt" | "meta", *_]:
            raise UsageError(f"{part} cannot be told from Esc and the key after it")
    import difflib  # only for who mistyped: every start imports this module

    near = difflib.get_close_matches(name, (*_NAMED, *_ALSO, *_NAMES), n=1)
    raise UsageError(f"'{part}' is no key", f"The nearest is {near[0]}." if near else _HINT)


_HINT = "Keys are written as what they type, or as enter, pgup, f1, ctrl+a."


def _with_ctrl(part: str, name: str, key: str) -> str:
    if name in _SAME:
        raise UsageError(f"{part} arrives as {_SAME[name]} in a terminal")
    if key in ("space", "@", "at"):
        return "ctrl+@"
    if key in _MOVING or (len(key) == 1 and key.isascii() and key.isalpha()):
        return name
    raise UsageError(f"{part} is no chord that a terminal sends", "It sends Ctrl with letters, Space and arrows.")


def written(keys: str) -> str:
    """A key, or two, as config.toml has them: the screen's name with characters for their names."""
    return " ".join(_NAMES.get(key, "ctrl+space" if key == "ctrl+@" else key) for key in keys.split())


def shown(keys: str) -> str:
    """A key, or two, as help and footer write them: `PgUp`, `Ctrl+U`, `?`, `s n`."""
    return " ".join(_shown(key) for key in keys.split())


def _shown(key: str) -> str:
    if key in _NAMES:
        return _NAMES[key]
    *modifiers, last = written(key).split("+") if len(key) > 1 else (key,)
    if modifiers:
        last = last.upper() if len(last) == 1 else last
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _NAMED.get(last, last)])


def is_plain(keys: str) -> bool:
    """Whether keys can be pressed without Ctrl."""
    return "ctrl+" not in keys
