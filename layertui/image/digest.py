"""Digests: three types that are spelled alike and mean different things."""

import hashlib
import re
from collections.abc import Sequence
from typing import Protocol, Self

from layertui.errors import DamagedError

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_SHA256_OR_512 = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class Hasher(Protocol):
    """The part of a `hashlib` object that a verifier needs."""

    def update(self, data: bytes, /) -> None:
        """Add the next bytes."""

    def hexdigest(self) -> str:
        """The digest of all bytes so far, in lower-case hex."""


class _Checked(str):
    """A digest whose grammar was checked when it was made, so that it can be part of a file name.

    The grammar comes first because an unchecked digest in a path walks out of its directory (CVE-2024-3727).
    """

    __slots__ = ()

    _grammar = _SHA256
    _kind = "digest"

    def __new__(cls, text: str) -> Self:
        """Raises DamagedError on anything that is not a digest of this kind."""
        if not cls._grammar.fullmatch(text):
            shown = text if len(text) <= 80 else text[:77] + "..."
            raise DamagedError(
                f"'{shown}' is not a {cls._kind}: it must be sha256: and 64 lower-case hexadecimal digits.",
                "The file that holds it is damaged, or was not written by a container tool.",
            )
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one from text; raises DamagedError on anything else."""
        return cls(text)

    @property
    def algorithm(self) -> str:
        """`sha256` or `sha512`."""
        return self.partition(":")[0]

    @property
    def hex(self) -> str:
        """The part behind the colon."""
        return self.partition(":")[2]

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits, as Docker shows an ID."""
        return self.hex[:12]


class Digest(_Checked):
    """What the stored bytes of a manifest, a config or a layer as compressed hash to (descriptor.md, *Digests*)."""

    __slots__ = ()

    _grammar = _SHA256_OR_512

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The sha256 of these bytes."""
        return cls("sha256:" + hashlib.sha256(data).hexdigest())


class DiffID(_Checked):
    """What a layer's uncompressed tar hashes to (config.md, *Layer DiffID*)."""

    __slots__ = ()

    _kind = "diff ID"


class ChainID(_Checked):
    """What names a layer applied on top of all layers below it (config.md, *Layer ChainID*)."""

    __slots__ = ()

    _kind = "chain ID"

    @classmethod
    def of(cls, diff_ids: Sequence[DiffID]) -> Self:
        """The chain ID of the last of these diff IDs (base to top); raises ValueError when there is none."""
        return cls.chain(diff_ids)[-1]

    @classmethod
    def chain(cls, diff_ids: Sequence[DiffID]) -> tuple[Self, ...]:
        """The chain ID of each layer, base to top."""
        if not diff_ids:
            raise ValueError("a chain ID needs at least one diff ID")
        chained = [cls(diff_ids[0])]
        for diff_id in diff_ids[1:]:
            text = f"{chained[-1]} {diff_id}".encode("ascii")
            chained.append(cls("sha256:" + hashlib.sha256(text).hexdigest()))
        return tuple(chained)


def new_hasher(digest: Digest | DiffID) -> Hasher:
    """A fresh hasher of the algorithm that this digest was made with."""
    return hashlib.new(digest.algorithm)
