"""Colours: which theme fits the terminal, and what the marks look like in it."""

import os
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

from layertui.tui.terminal import dark_by_environment

_DARK = {
    "mark-added": "#5fd7d7",
    "mark-changed": "#e5c07b",
    "mark-removed": "#d787d7",
    "mark-directory": "#87afff",
    "mark-accent": "#87d7ff",
    "mark-dim": "#9e9e9e",
    "mark-rail": "ansi_default",
    "mark-thumb": "#808080",
    "cursor-off": "#3a3a3a",
    "cursor-off-text": "#eeeeee",
    "cursor-off-style": "none",
    "dim-style": "none",
    "title-style": "none",
    "dead-style": "strike",
}

_LIGHT = {
    "mark-added": "#005faf",
    "mark-changed": "#7a5500",
    "mark-removed": "#870087",
    "mark-directory": "#00458b",
    "mark-accent": "#005f87",
    "mark-dim": "#626262",
    "mark-rail": "ansi_default",
    "mark-thumb": "#767676",
    "cursor-off": "#dadada",
    "cursor-off-text": "#121212",
    "cursor-off-style": "none",
    "dim-style": "none",
    "title-style": "none",
    "dead-style": "strike",
}

_ANSI = {
    "mark-added": "ansi_cyan",
    "mark-changed": "ansi_yellow",
    "mark-removed": "ansi_magenta",
    "mark-directory": "ansi_default",
    "mark-accent": "ansi_cyan",
    "mark-dim": "ansi_default",
    "mark-rail": "ansi_default",
    "mark-thumb": "ansi_default",
    "cursor-off": "ansi_default",
    "cursor-off-text": "ansi_default",
    "cursor-off-style": "bold underline",
    "dim-style": "dim",
    "title-style": "dim",
    "dead-style": "dim strike",
}

_ANSI_LIGHT = _ANSI | {"mark-added": "ansi_blue", "mark-accent": "ansi_blue"}

_CONTRAST = _DARK | {
    "mark-added": "#5fffff",
    "mark-changed": "#ffff5f",
    "mark-removed": "#ff87ff",
    "mark-directory": "#afd7ff",
    "mark-accent": "#87ffff",
    "mark-dim": "#d0d0d0",
    "mark-rail": "#ffffff",
    "mark-thumb": "#ffffff",
    "cursor-off": "#000000",
    "cursor-off-text": "#ffffff",
    "cursor-off-style": "bold underline",
}

_CONTRAST_LIGHT = _CONTRAST | {
    "mark-added": "#0000af",
    "mark-changed": "#573900",
    "mark-removed": "#5f005f",
    "mark-directory": "#00005f",
    "mark-accent": "#004060",
    "mark-dim": "#303030",
    "mark-rail": "#000000",
    "mark-thumb": "#000000",
    "cursor-off": "#ffffff",
    "cursor-off-text": "#000000",
}

NAMES = ("dark", "light", "high-contrast", "high-contrast-light", "ansi-dark", "ansi-light")
"""What `--theme` takes, besides any name of Textual's own themes."""


def mark_colours(theme: Theme) -> dict[str, str]:
    """The marks' colours in a theme: never red against green, and text of them is read on each background (WCAG AA)."""
    if theme.name.startswith("high-contrast"):
        return _CONTRAST if theme.dark else _CONTRAST_LIGHT
    if theme.name.startswith("ansi"):
        return _ANSI if theme.dark else _ANSI_LIGHT
    return _DARK if theme.dark else _LIGHT


def themes() -> list[Theme]:
    """Our own themes: text and background are the terminal's own, which looks at home and takes few bytes to say.

    With high contrast they are black and white, whatever the terminal has.
    """
    at_home = [replace(BUILTIN_THEMES[f"ansi-{name}"], name=name) for name in ("dark", "light")]
    return [
        *at_home,
        _contrast("high-contrast", "#000000", "#ffffff"),
        _contrast("high-contrast-light", "#ffffff", "#000000"),
    ]


def _contrast(name: str, ground: str, text: str) -> Theme:
    return Theme(
        name,
        primary=text,
        secondary=text,
        accent=text,
        foreground=text,
        background=ground,
        surface=ground,
        panel=ground,
        boost=ground,
        dark=ground < text,
    )


def pick(environ: Mapping[str, str], wanted: str | None, ask: Callable[[], bool | None] = lambda: None) -> str:
    """The theme's name: the wanted one, else by what the terminal can show.

    Terminals of 16 colours get the terminal's own: a true colour rounded to them loses its meaning. So do those where
    colours are switched off, as greys would be sent otherwise, and those whose background is not known (by COLORFGBG,
    else by what `ask` says): their own colours can be read on it, whatever it is.
    """
    if wanted:
        return wanted
    dark = dark_by_environment(environ)
    term = environ.get("TERM", "")
    many = environ.get("COLORTERM", "") in ("truecolor", "24bit") or "256" in term or "direct" in term
    plain = "NO_COLOR" in environ or not (many or term.startswith(("xterm-kitty", "alacritty", "foot", "wezterm")))
    if dark is None and not plain:
        dark = ask()
    if plain or dark is None:
        return "ansi-light" if dark is False else "ansi-dark"
    return "dark" if dark else "light"


def tidy(environ: MutableMapping[str, str] = os.environ) -> None:
    """Drop an empty NO_COLOR, which means unset (no-color.org), but not to Textual."""
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]
