"""Presets: keys of other programs for those who have them in their fingers; what is not named here stays as it is."""

from collections.abc import Mapping
from typing import Final

PRESETS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "default": {},
    "vim": {
        "top": ("g g", "home"),
        "page_up": ("pageup", "ctrl+u", "ctrl+b"),
        "page_down": ("pagedown", "ctrl+d", "ctrl+f"),
        "expand": ("right", "l", "z o"),
        "collapse": ("left", "h", "z c"),
        "fold": ("space", "z a"),
        "collapse_all": ("minus", "z M"),
        "expand_all": ("equals_sign", "z R"),
        "next_pane": ("tab", "ctrl+w w"),
        "previous_pane": ("shift+tab", "ctrl+w p"),
        "narrower": ("less_than_sign", "ctrl+w less_than_sign"),
        "wider": ("greater_than_sign", "ctrl+w greater_than_sign"),
        "zoom": ("z z", "ctrl+w o"),
        "quit": ("q", "Z Z"),
    },
    "dive": {
        "page_up": ("pageup", "u"),
        "page_down": ("pagedown", "d", "ctrl+d"),
        "collapse_all": ("minus", "ctrl+@"),
        "merged": ("v", "ctrl+l"),
        "filter": ("slash", "ctrl+f"),
        "sort_size": ("s s", "ctrl+o"),
        "show_added": ("a", "ctrl+a"),
        "show_removed": ("r", "ctrl+r"),
        "show_unchanged": ("U", "ctrl+u"),
        "extract": ("x", "ctrl+e"),
    },
}
"""The screen's names of keys, by preset and action.

dive's Ctrl+M, for what was modified, is Enter in every terminal: `m` does it. Its Ctrl+A and Ctrl+L are one key each in
two panes there; here Ctrl+A shows what was added, and Ctrl+L goes from the layer to all layers and back.
"""
