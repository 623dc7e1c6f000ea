"""Names and texts made to act on a terminal: nothing that any command prints does."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.kit.docker import docker_archive
from tests.kit.entries import Entry, directory, file, hardlink, opaque, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_layout
from tests.test_cli import Ran, run

Capture = pytest.CaptureFixture[bytes]

EVIL = (
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "[/red]",
    "[bold]x[/]",
    "two\nlines",
    "\r\t\x08",
    "\x9b31m",
    "rtl\u202egpj.exe",
    "\u2066iso\u2069",
    "zero\u200bwidth",
    "sep\u2028\u2029",
    "\ufeffbom",
    "tag\U000e0041",
    "\x7f",
)
"""Escapes, markup, newlines, C1, bidi and zero-width controls."""

RAW = (*(text.encode() for text in EVIL), b"\xff\xfe", b"\x9b31m", b"\xc3(")
"""The same as bytes, and what is not UTF-8."""

ALL = "".join(EVIL)

FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f\ud800-\udfff]"
)
"""All that may not reach a terminal, newlines apart."""

ARGUMENTS: Sequence[Sequence[str]] = (
    ("layers",),
    ("inspect",),
    ("files",),
    ("files", "--layer", "0"),
    ("files", "--layer", "1"),
    ("files", "--overlaps"),
    ("files", "--layer", "1", "--merged", "--changed", "amr"),
    ("which", "dir/" + EVIL[0]),
    ("which", "dir/two\nlines"),
    ("which", "gone/rtl\u202egpj.exe"),
    ("which", "absent\x1b[2J\u202e\udcff"),
)


def hostile() -> ImageSpec:
    lower: list[Entry] = [directory("dir"), directory("gone")]
    for raw in RAW:
        lower += [
            file(b"dir/" + raw, raw, uname=b"\x1b[2J", gname=b"\x9b"),
            file(b"gone/" + raw, raw),
            symlink(b"link" + raw, raw),
        ]
        lower.append(hardlink(b"hard" + raw, b"dir/" + raw))
    lower.append(file("dir/x", "1", xattrs=((ALL.encode(), ALL.encode()),)))
    upper = [entry for raw in RAW for entry in (whiteout(b"gone/" + raw), file(b"dir/" + raw, raw))]
    upper += [file(b"dup" + RAW[0], "1"), file(b"dup" + RAW[0], "2"), opaque(b"op" + RAW[0]), whiteout(b"no" + RAW[0])]
    return ImageSpec(
        layers=(lower, upper),
        tags=("evil:" + EVIL[0], "evil:[/red]"),
        history=[
            {"created": ALL, "created_by": ALL, "comment": ALL, "author": ALL},
            {"created_by": "ENV " + ALL, "empty_layer": True},
            {"created_by": ALL, "created": "\x1b[2J"},
        ],
        config={
            "User": ALL,
            "Env": [ALL, "[/red]=\x1b[2J"],
            "Cmd": [ALL],
            "Entrypoint": [ALL],
            "WorkingDir": ALL,
            "Labels": {ALL: ALL},
            "ExposedPorts": {ALL: {}},
            "Volumes": {ALL: {}},
            "StopSignal": ALL,
            "OnBuild": [ALL],
            "Shell": [ALL],
        },
        extra={"author": ALL, "architecture": "amd64\x1b[2J", "os": "linux"},
    )


def check(ran: Ran) -> None:
    for stream in (ran.out, ran.err):
        text = stream.decode("utf-8")
        found = FORBIDDEN.search(text)
        assert found is None, f"{found[0]!r} in {text[max(0, found.start() - 60) : found.end() + 20]!r}"
    assert b"Traceback" not in ran.err
    assert ran.code != 70


@pytest.fixture(params=["archive", "layout"])
def reference(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "layout":
        return str(oci_layout(tmp_path / "layout", [hostile()], compression="gzip"))
    path = tmp_path / "evil.tar"
    path.write_bytes(docker_archive([hostile()]))
    return str(path)


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda arguments: ascii(" ".join(arguments)))
def test_nothing_acts_on_a_terminal(reference: str, arguments: Sequence[str], capfdbinary: Capture) -> None:
    command, *rest = arguments
    ran = run(capfdbinary, command, reference, *rest, "--platform", "linux/amd64\x1b[2J")
    as_json = run(capfdbinary, command, reference, *rest, "--json", "--platform", "linux/amd64\x1b[2J")
    for each in (ran, as_json, run(capfdbinary, command, reference, *rest)):
        check(each)
    shown = as_json.out or as_json.err
    assert as_json.code == ran.code
    assert shown.count(b"\n") == 1, "one JSON object on one line"
    json.loads(shown)


def test_a_line_is_one_entry_whatever_its_name_holds(reference: str, capfdbinary: Capture) -> None:
    lines = run(capfdbinary, "files", reference, "--layer", "0").lines
    count = len(run(capfdbinary, "files", reference, "--layer", "0", "--json").json["files"])
    assert len(lines) == count + 1
    assert any(line.endswith("dir/[/red]") for line in lines), "markup is only text"
    assert any(line.endswith("dir/two\\nlines") for line in lines)
    assert any(line.endswith("dir/\\xff\\xfe") for line in lines)


def test_json_reads_back_as_the_same_text(reference: str, capfdbinary: Capture) -> None:
    names = {each["path"] for each in run(capfdbinary, "files", reference, "--layer", "0", "--json").json["files"]}
    assert {f"dir/{text}" for text in EVIL} <= names
    told = run(capfdbinary, "inspect", reference, "--json").json
    assert told["config"]["user"] == ALL
    assert told["config"]["labels"] == {ALL: ALL}


def test_a_list_of_images_is_one_line(tmp_path: Path, capfdbinary: Capture) -> None:
    path = tmp_path / "two.tar"
    tags = ("a:1\n  fake:1  linux/amd64\x1b[2J", "b:[/red]\u202e")
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("f", tag)]], tags=(tag,)) for tag in tags]))
    for arguments in (("layers", str(path)), ("layers", str(path), "--json"), ("layers", f"{path}:\x1b[2J\nno")):
        ran = run(capfdbinary, *arguments)
        check(ran)
        assert ran.code in (2, 3)
    ran = run(capfdbinary, "layers", str(path))
    message = ran.err.decode().splitlines()
    assert len(message) == 2, "what happened, and what to do: a tag cannot add a line"
    assert message[0].endswith("a:1\\n  fake:1  linux/amd64\\x1b[2J (linux/amd64), b:[/red]\\u202e (linux/amd64).")


@pytest.mark.parametrize("text", [*EVIL, "\udcff"], ids=ascii)
def test_what_was_typed_is_escaped_too(text: str, capfdbinary: Capture) -> None:
    for arguments in (
        ["layers", text],
        ["files", "demo:api:1.4", "--changed", text],
        ["files", "demo:api:1.4", "--layer", text],
        ["layers", "demo:" + text],
        ["layers", "demo:api:1.4", "--platform", text],
        ["--no" + text],
        ["which", "demo:api:1.4", text],
    ):
        for extra in ([], ["--json"]):
            ran = run(capfdbinary, *arguments, *extra)
            check(ran)
            assert ran.code in (2, 3)
