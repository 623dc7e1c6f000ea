"""What somebody chose for an option that the screen needs: read from the environment, where the file's values are too.

Where nobody chose anything, nothing is imported: the first frame waits for this.
"""

from typing import Final

from layertui.settings.places import Environ

HISTORY: Final = 200
"""How many references are remembered where nobody chose: more than a shell lists without asking."""


def chosen_flag(name: str, environ: Environ) -> bool | None:
    """An option that is true or false; None where nobody chose. Raises UsageError where its variable is neither."""
    value = _chosen(name, environ)
    return value if isinstance(value, bool) else None


def chosen_text(name: str, environ: Environ) -> str | None:
    """An option that is a text; None where nobody chose. Raises UsageError where it may not be this one."""
    value = _chosen(name, environ)
    return value if isinstance(value, str) else None


def chosen_number(name: str, environ: Environ) -> int | None:
    """An option that is a number; None where nobody chose. Raises UsageError where it may not be this one."""
    value = _chosen(name, environ)
    return value if isinstance(value, int) else None


def _chosen(name: str, environ: Environ) -> object:
    text = environ.get(f"LAYERTUI_{name.upper()}", "")
    if not text:
        return None
    from layertui.settings.options import AUTO, BY_NAME

    value = BY_NAME[name].parse(text)
    return None if value == AUTO else value
