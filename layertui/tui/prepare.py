"""What is settled before the screen comes up: whether there is such a theme, and which keys there are."""

import os

from layertui.errors import UsageError
from layertui.settings.chosen import chosen_number, chosen_text
from layertui.settings.places import Environ, config_path


def prepare(theme: str | None, environ: Environ) -> None:
    """Check the theme, None for what the environment says, and let the person's keys be in force.

    Raises UsageError where the theme or the keys are wrong. Without a config and a preset nothing is imported.
    """
    chosen_number("history", environ)  # which is needed at the end, too late to say that it is none
    path = config_path(environ)
    preset = chosen_text("preset", environ)
    in_file = os.path.lexists(path)
    if in_file or preset is not None:
        from layertui.settings.configfile import read_config
        from layertui.tui.actions import ACTIONS, use
        from layertui.tui.actions.remapping import remapped

        config = read_config(path)
        use(remapped(ACTIONS, config, preset or "default")[0])
    _check_theme(theme or chosen_text("theme", environ), environ, of_file=theme is None and in_file)


def _check_theme(theme: str | None, environ: Environ, *, of_file: bool) -> None:
    if theme is None:
        return
    from layertui.tui.app import theme_names

    if theme in theme_names():
        return
    hint = f"Themes: {', '.join(theme_names())}"
    if of_file:
        from layertui.settings.configfile import read_config

        config = read_config(config_path(environ))
        if config is not None and config.values.get("theme") == theme:
            config.refuse(("theme",), f"there is no theme {theme}", hint)
    raise UsageError(f"There is no theme {theme}.", hint)
