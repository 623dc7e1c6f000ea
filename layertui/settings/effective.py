"""Who decides what an option is: the environment, else the file, else its default."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum

from layertui.settings.configfile import ConfigFile, read_config
from layertui.settings.options import OPTIONS, Option, Value
from layertui.settings.places import Environ, config_path


class Origin(StrEnum):
    """Where a value is from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an option is."""

    option: Option
    value: Value
    origin: Origin
    line: int | None = None
    """In the file."""


def settings(environ: Environ, config: ConfigFile | None) -> tuple[Setting, ...]:
    """What every option is; raises UsageError where a variable holds something else."""
    return tuple(_setting(option, environ, config) for option in OPTIONS)


def _setting(option: Option, environ: Environ, config: ConfigFile | None) -> Setting:
    if text := environ.get(option.variable, ""):
        return Setting(option, option.parse(text), Origin.ENVIRONMENT)
    if config is not None and option.name in config.values:
        return Setting(option, config.values[option.name], Origin.FILE, config.lines.get((option.name,)))
    return Setting(option, option.default, Origin.DEFAULT)


def fill(environ: MutableMapping[str, str]) -> None:
    """Put into the environment what the file says and the environment leaves out; raises UsageError.

    From there every option is read, so that it makes no difference to anybody where it was said.
    """
    config = read_config(config_path(environ))
    if config is None:
        return
    for setting in settings(environ, config):
        if setting.origin is Origin.FILE and setting.value != setting.option.default:
            environ[setting.option.variable] = setting.option.text(setting.value)
