"""`find`: a leaked secret is found in every layer and marked with what became of it; names, text and JSON."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import NotFoundError, UsageError
from layertui.finding import Wanted, find
from layertui.stack.search_file import HIT_LIMIT
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file, hardlink, opaque, symlink, whiteout
from tests.kit.images import ImageSpec

SPEC = ImageSpec(
    layers=(
        (
            directory("app"),
            file("app/.env", "USER=app\nPASSWORD=hunter2\n"),
            file("app/config.yaml", "password: old\n"),
            file("app/bin", b"\x7fELF\0\0 password \0"),
            file("cache/key.pem", "PRIVATE KEY\n"),
        ),
        (
            whiteout("app/.env"),
            file("app/config.yaml", "password: changed\npassword: twice\n"),
            hardlink("app/second", "app/bin"),
            opaque("cache"),
        ),
        (symlink("password", "app"), file(b"odd\x1b[31m\xff", "a password \x1b]0;owned\x07 here\n")),
    ),
    tags=("find:1",),
)


class Found:
    """Runs `find` and keeps what it printed."""

    def __init__(self, path: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.ref = str(path)
        self._capture = capture

    def raw(self, wanted: Wanted, ref: str = "", **options: Any) -> tuple[int, bytes]:
        """The exit code and what stands on stdout."""
        code = 0
        try:
            find(ref or self.ref, wanted, **options)
        except SystemExit as end:
            code = int(str(end.code))
        return code, self._capture.readouterr().out

    def lines(self, wanted: Wanted, **options: Any) -> list[str]:
        """The lines of what was found."""
        code, out = self.raw(wanted, **options)
        assert code == (0 if out else 1)
        return [" ".join(line.split()) for line in out.decode().splitlines()]

    def matches(self, wanted: Wanted, **options: Any) -> list[dict[str, Any]]:
        """The matches in JSON."""
        shape = json.loads(self.raw(wanted, as_json=True, **options)[1])
        assert shape["schema_version"] == 1
        return list(shape["matches"])


@pytest.fixture(params=["plain", "gzip", "zstd"])
def found(request: pytest.FixtureRequest, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Found:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([SPEC], compression=request.param))
    return Found(path, capsysbinary)


def test_a_secret_is_found_where_it_was_deleted(found: Found) -> None:
    assert found.lines(Wanted(content="hunter2")) == ["L0 + x1 26 B app/.env:2: PASSWORD=hunter2"]
    assert found.lines(Wanted(content="PRIVATE KEY")) == ["L0 + x1 12 B cache/key.pem:1: PRIVATE KEY"]


def test_every_version_is_looked_through_and_marked(found: Found) -> None:
    assert found.lines(Wanted(content="PASSWORD", ignore_case=True)) == [
        "L0 + x1 26 B app/.env:2: PASSWORD=hunter2",
        "L0 + >1 14 B app/config.yaml:1: password: old",
        "L0 + 17 B app/bin: binary, byte 7: password",
        "L1 + 17 B app/second: binary, byte 7: password",
        "L1 ~ * 34 B app/config.yaml:1: password: changed (2 matches)",
        "L2 + 27 B odd\\x1b[31m\\xff:1: a password \\x1b]0;owned\\x07 here",
    ]


def test_json_has_all_of_a_match(found: Found) -> None:
    first, *_ = found.matches(Wanted(content_regex="^PASS.*=", ignore_case=True))
    assert first == {
        "path": "app/.env",
        "layer": 0,
        "kind": "file",
        "state": "added",
        "outcome": "deleted",
        "by_layer": 1,
        "size_bytes": 26,
        "line": 2,
        "text": "PASSWORD=hunter2",
        "offset_bytes": 9,
        "hits": 1,
    }
    odd = found.matches(Wanted(content="here"))[0]
    assert odd["path_base64"] == "b2RkG1szMW3/"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(name="*.pem"), ["L0 + x1 12 B cache/key.pem"]),
        (Wanted(name="app/*.yaml"), ["L0 + >1 14 B app/config.yaml", "L1 ~ * 34 B app/config.yaml"]),
        (Wanted(pattern="*.pem"), ["L0 + x1 12 B cache/key.pem"]),
        (Wanted(pattern="app !config env$"), ["L0 + x1 26 B app/.env", "L1 - app/.env"]),
        (Wanted(pattern=r"\.(pem|key)$", regex=True), ["L0 + x1 12 B cache/key.pem"]),
        (Wanted(pattern="cky", fuzzy=True), ["L0 + x1 12 B cache/key.pem"]),
        (Wanted(pattern="PEM"), []),
        (Wanted(pattern="PEM", ignore_case=True), ["L0 + x1 12 B cache/key.pem"]),
        (Wanted(name="password"), ["L2 + password"]),
        (Wanted(name="*.yaml", content="twice"), ["L1 ~ * 34 B app/config.yaml:2: password: twice"]),
        (Wanted(name="*.pem", content="twice"), []),
    ],
)
def test_names(found: Found, wanted: Wanted, expected: list[str]) -> None:
    assert found.lines(wanted) == expected


def test_one_layer_alone(found: Found) -> None:
    assert [match["layer"] for match in found.matches(Wanted(content="password"), layer=1)] == [1, 1]
    assert [match["layer"] for match in found.matches(Wanted(content="password"), ref=found.ref + "#2")] == [2]
    assert found.lines(Wanted(content="old"), layer=0) == ["L0 + >1 14 B app/config.yaml:1: password: old"]
    with pytest.raises(NotFoundError, match="has layers 0 to 2"):
        found.raw(Wanted(content="x"), layer=9)
    with pytest.raises(UsageError, match="says which layer already"):
        found.raw(Wanted(content="x"), ref=found.ref + "#1", layer=1)


def test_bare_paths_for_xargs_stand_once(found: Found) -> None:
    code, out = found.raw(Wanted(pattern="config"), null=True)
    assert (code, out) == (0, b"app/config.yaml\0")
    assert found.raw(Wanted(pattern="odd"), null=True)[1] == b"odd\x1b[31m\xff\0"


def test_nothing_found_ends_with_1(found: Found) -> None:
    assert found.raw(Wanted(content="nowhere")) == (1, b"")
    code, out = found.raw(Wanted(name="nowhere"), as_json=True)
    assert (code, json.loads(out)["matches"]) == (1, [])


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(regex=True, content="x"),
        Wanted(pattern="x", regex=True, fuzzy=True),
        Wanted(content="x", content_regex="y"),
        Wanted(content=""),
        Wanted(content_regex="("),
        Wanted(pattern="(", regex=True),
    ],
)
def test_what_cannot_be_meant_is_said(found: Found, wanted: Wanted) -> None:
    with pytest.raises(UsageError):
        found.raw(wanted)


def test_a_damaged_layer_gives_what_it_has_and_the_exit_code_says_so(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    layers = ((file("a", "secret\n"), file("b", b"x" * 50_000)), (file("c", "secret\n"),))
    data = bytearray(docker_archive([ImageSpec(layers=layers, tags=("cut:1",))], compression="plain"))
    data[data.index(b"b" + bytes(99)) + 150] ^= 1  # in the checksum of its header
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    code, out = Found(path, capsysbinary).raw(Wanted(content="secret"))
    assert code == 5
    assert [line.split()[-2:] for line in out.decode().splitlines()] == [["a:1:", "secret"], ["c:1:", "secret"]]


def test_many_matches_are_counted_up_to_a_bound(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=((file("a", "x\n" * 20_000),),), tags=("many:1",))]))
    assert found_text(Found(path, capsysbinary)).endswith(f"a:1: x ({HIT_LIMIT:,} or more matches)")


def found_text(found: Found) -> str:
    return found.lines(Wanted(content="x"))[0]


def test_a_piped_gzip_of_an_archive_is_searched_too(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzip.compress(docker_archive([SPEC])))
    assert Found(path, capsysbinary).lines(Wanted(content="hunter2")) == ["L0 + x1 26 B app/.env:2: PASSWORD=hunter2"]


def test_text_in_utf_16_is_found_as_any_other(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = "[login]\r\npassword=hunter2\r\n".encode("utf-16")
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=((file("app.ini", text),),), tags=("wide:1",))]))
    found = Found(path, capsysbinary)
    assert found.lines(Wanted(content="hunter2")) == ["L0 + 56 B app.ini:2: password=hunter2"]
    assert found.matches(Wanted(content_regex="^pass.*="))[0]["offset_bytes"] == 20
