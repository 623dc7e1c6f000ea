"""Digests: the grammar comes first, and chain IDs follow config.md."""

import hashlib

import pytest

from layertui.errors import DamagedError
from layertui.image.digest import ChainID, DiffID, Digest, new_hasher

HEX = "ab" * 32


def test_a_digest_gives_its_parts() -> None:
    digest = Digest.parse(f"sha256:{HEX}")
    assert (digest.algorithm, digest.hex, digest.short) == ("sha256", HEX, HEX[:12])
    assert str(digest) == f"sha256:{HEX}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        f"sha256:{HEX.upper()}",
        f"sha256:{HEX[:-1]}",
        f"sha256:{HEX}0",
        f"sha256:{HEX}\n",
        f"sha256: {HEX}",
        f"md5:{'a' * 32}",
        "sha256:../../../../etc/passwd",
        f"sha256:{HEX[:-2]}/.",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    for kind in (Digest, DiffID, ChainID):
        with pytest.raises(DamagedError, match="is not a"):
            kind.parse(text)


def test_sha512_is_a_digest_and_no_diff_id() -> None:
    text = "sha512:" + "0" * 128
    assert Digest.parse(text).algorithm == "sha512"
    with pytest.raises(DamagedError, match="diff ID"):
        DiffID.parse(text)


def test_an_endless_text_is_cut_in_the_error() -> None:
    with pytest.raises(DamagedError) as caught:
        Digest.parse("x" * 10_000)
    assert len(caught.value.message) < 250


def test_chain_ids_as_config_md_computes_them() -> None:
    diff_ids = [DiffID(f"sha256:{digit * 64}") for digit in "123"]
    second = "sha256:" + hashlib.sha256(f"{diff_ids[0]} {diff_ids[1]}".encode()).hexdigest()
    third = "sha256:" + hashlib.sha256(f"{second} {diff_ids[2]}".encode()).hexdigest()
    assert list(ChainID.chain(diff_ids)) == [str(diff_ids[0]), second, third]
    assert ChainID.of(diff_ids[:2]) == second


def test_no_layers_have_no_chain_id() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ChainID.of([])


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_hasher_is_of_the_digests_own_algorithm(algorithm: str) -> None:
    said = hashlib.new(algorithm, b"data").hexdigest()
    hasher = new_hasher(Digest(f"{algorithm}:{said}"))
    hasher.update(b"data")
    assert hasher.hexdigest() == said
