"""Where the config and the state are, by the XDG base directories.

Nothing is imported here that is not there anyway: every start looks whether there is a config.
"""

import os
from collections.abc import Mapping

Environ = Mapping[str, str]
"""Environment variables: handed in, so that they can be tested."""


def config_path(environ: Environ) -> str:
    """The config's path, whether or not it is there: `$XDG_CONFIG_HOME/layertui/config.toml`."""
    return os.path.join(_base(environ, "XDG_CONFIG_HOME", ".config"), "layertui", "config.toml")


def state_path(environ: Environ) -> str:
    """The state's path, whether or not it is there: `$XDG_STATE_HOME/layertui/state.json`."""
    return os.path.join(_base(environ, "XDG_STATE_HOME", os.path.join(".local", "state")), "layertui", "state.json")


def _base(environ: Environ, variable: str, below_home: str) -> str:
    """A base directory; one that is not absolute counts as unset (XDG base directory specification)."""
    named = environ.get(variable, "")
    if os.path.isabs(named):
        return named
    return os.path.join(environ.get("HOME") or os.path.expanduser("~"), below_home)
