"""The options: what each is called in config.toml and in the environment, what it may be, and what it is otherwise.

An option's variable is its name in capitals behind `LAYERTUI_`. So the environment is where all of them meet: what the
file says is put there for whoever left it out (`effective.fill`), and whoever needs a value reads it there.
"""

from dataclasses import dataclass
from typing import Final

from layertui.errors import UsageError
from layertui.image import bounds
from layertui.image.platform import VARIABLE as PLATFORM_VARIABLE
from layertui.image.platform import Platform
from layertui.settings.chosen import HISTORY

AUTO: Final = "auto"
"""What says in the file or the environment that nothing is chosen."""

Value = bool | int | str | list[str]
"""What an option can be."""

_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Option:
    """One option."""

    name: str
    """In config.toml."""
    default: Value
    """Its value where nobody says another; of the same type as every other, or AUTO."""
    help: str
    """One sentence, without a stop."""
    kind: type = str
    """Of its value: bool, int, str or list, of texts; besides that AUTO where that is its default."""
    choices: tuple[str, ...] = ()
    """All it may be, where that can be counted up."""
    least: int = 0
    """The smallest number it may be."""
    other_variable: str = ""
    """Its variable, where that is another than its name says."""

    @property
    def variable(self) -> str:
        """The environment variable that wins over the file."""
        return self.other_variable or f"LAYERTUI_{self.name.upper()}"

    @property
    def wanted(self) -> str:
        """What it must be, as an error says it."""
        auto = f', or "{AUTO}"' if self.default == AUTO and self.kind is not str else ""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.name == "platform":
            return "a platform such as linux/arm64"
        words = {bool: "true or false", int: f"a whole number from {self.least} on", list: "a list of texts"}
        return words.get(self.kind, "a text") + auto

    def fits(self, value: object) -> bool:
        """Whether it may be this; the type is right already."""
        if self.name == "platform" and value != AUTO:
            try:
                Platform.parse(str(value))
            except UsageError:
                return False
        if self.kind is int and isinstance(value, int):
            return value >= self.least
        return not self.choices or value in self.choices

    def parse(self, text: str) -> Value:
        """Read the text of its variable; raises UsageError."""
        value: Value | None = text
        if text == AUTO == self.default:
            return AUTO
        if self.kind is bool:
            value = _FLAGS.get(text.lower())
        elif self.kind is int:
            value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
        elif self.kind is list:
            value = [part for part in text.replace(" ", "").split(",") if part]
        if value is None or not self.fits(value):
            raise UsageError(f"{self.variable} is '{text}', which is not {self.wanted}.", "Correct it, or unset it.")
        return value

    def text(self, value: Value) -> str:
        """A value as the text of its variable."""
        if isinstance(value, bool):
            return "1" if value else "0"
        return ",".join(value) if isinstance(value, list) else str(value)


def _bound_options() -> tuple[Option, ...]:
    found = [bound for bound in vars(bounds).values() if isinstance(bound, bounds.Bound)]
    named = [(bound.variable.removeprefix("LAYERTUI_").lower(), bound) for bound in found]
    return tuple(
        Option(name, bound.default, f"The most {bound.unit} that are accepted", int, least=1) for name, bound in named
    )


OPTIONS: Final = (
    Option("theme", AUTO, "The theme's name; told by the terminal otherwise"),
    Option("low_bandwidth", AUTO, "Whether to send less; the default where SSH_CONNECTION is set", bool),
    Option("mouse", AUTO, "Whether to take mouse events; the default but in GNU screen, where Esc would wait", bool),
    Option("glyphs", AUTO, "Which characters lines are drawn with", choices=(AUTO, "unicode", "ascii")),
    Option("preset", "default", "Which keys there are before [keys]", choices=("default", "vim", "dive")),
    Option(
        "platform",
        AUTO,
        "Which of several platforms is taken where there is a choice; this host's otherwise",
        other_variable=PLATFORM_VARIABLE,
    ),
    Option("pager", AUTO, "The pager's command line; less or more otherwise", other_variable="PAGER"),
    Option("history", HISTORY, "How many references are remembered for completion; 0 remembers none", int),
    Option("cache_bytes", 10 << 30, "The most bytes of fetched blobs that are kept; 0 keeps none", int),
    Option("registry_timeout_s", 30, "How many seconds a registry may be silent", int, least=1),
    Option("registry_retry_s", 60, "How many seconds a registry is asked again for", int, least=1),
    Option("token_hosts", [], "Further hosts that may be sent what is for a registry that names them", list),
    *_bound_options(),
)
"""In the order in which `layertui config` has them."""

BY_NAME: Final = {option.name: option for option in OPTIONS}
