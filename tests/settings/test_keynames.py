"""Names of keys: what may be written in a config, and what the screen and the person call it."""

import pytest

from layertui.errors import UsageError
from layertui.settings.keynames import parse_keys, shown, written
from layertui.tui.actions import ACTIONS


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("q", "q", "q"),
        ("G", "G", "G"),
        ("shift+g", "G", "G"),
        ("?", "question_mark", "?"),
        ("question_mark", "question_mark", "?"),
        ("-", "minus", "-"),
        ("+", "plus", "+"),
        ("é", "é", "é"),
        ("PgUp", "pageup", "PgUp"),
        ("return", "enter", "Enter"),
        ("Esc", "escape", "Esc"),
        ("F11", "f11", "F11"),
        ("Ctrl+U", "ctrl+u", "Ctrl+U"),
        ("ctrl+space", "ctrl+@", "Ctrl+Space"),
        ("shift+tab", "shift+tab", "Shift+Tab"),
        ("ctrl+left", "ctrl+left", "Ctrl+Left"),
        ("s  n", "s n", "s n"),
        ("ctrl+w <", "ctrl+w less_than_sign", "Ctrl+W <"),
    ],
)
def test_a_key_is_written_in_many_ways_and_shown_in_one(text: str, name: str, said: str) -> None:
    assert parse_keys(text) == name
    assert shown(name) == said
    assert parse_keys(written(name)) == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is no key"),
        (" ", "' ' is no key"),
        ("a b c", "more than two keys"),
        ("pgupp", "'pgupp' is no key"),
        ("ctrl+m", "arrives as Enter"),
        ("ctrl+i", "arrives as Tab"),
        ("ctrl+é", "no chord that a terminal sends"),
        ("ctrl+1", "no chord that a terminal sends"),
        ("alt+x", "cannot be told from Esc and the key"),
        ("ctrl+z", "the shell's"),
        ("esc x", "no second key can follow"),
        ("\x1b", "no key types"),
    ],
)
def test_what_no_terminal_sends_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_keys(text)
    assert why in refused.value.message


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_registry_s_keys_are_shown_as_it_says(action: object) -> None:
    keys, said = getattr(action, "keys", ()), getattr(action, "shown", "")
    assert " ".join(map(shown, keys)) == said
    assert [parse_keys(written(key)) for key in keys] == list(keys)
