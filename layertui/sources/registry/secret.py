"""What somebody logs in with: it is kept out of every message by its type."""

from dataclasses import dataclass


class Secret:
    """A text that is never shown: only `reveal` gives it, for the one header or form that it is for."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


NOTHING = Secret("")
"""No secret."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What is sent to one registry, or to the token server in front of it."""

    source: str
    """Where it was found, for the person: a file's name, or a helper's."""
    username: str = ""
    """Empty with a token."""
    password: Secret = NOTHING
    """Empty with a token."""
    identity_token: Secret = NOTHING
    """Traded at the token server for one to read with (OAuth2's refresh token), where there is one."""
    registry_token: Secret = NOTHING
    """Sent to the registry as it is, where there is one."""
