"""The filter's language, term by term."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertui.present.query import matching, narrows, parse_query

PATHS = (
    *("app", "app/Server", "app/server.bak", "etc", "etc/passwd", "etc/passwd-", "lib", "lib/a$", "usr/lib/app.so"),
    *("usr/lib/x y", "Étage", "größe"),
)
KEYS = [path.encode().replace(b"/", b"\0") for path in PATHS]


def found(query: str) -> list[str]:
    return [PATHS[index] for index in matching(parse_query(query), KEYS, range(len(KEYS)))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", list(PATHS)),
        ("   ", list(PATHS)),
        ("app", ["app", "app/Server", "app/server.bak", "usr/lib/app.so"]),
        ("server", ["app/Server", "app/server.bak"]),
        ("Server", ["app/Server"]),
        ("SERVER", []),
        ("app bak", ["app/server.bak"]),
        ("bak app", ["app/server.bak"]),
        ("p/s", ["app/Server", "app/server.bak"]),
        ("/lib", ["usr/lib/app.so", "usr/lib/x y"]),
        ("app/", ["app/Server", "app/server.bak"]),
        ("!app !usr !lib", ["etc", "etc/passwd", "etc/passwd-", "Étage", "größe"]),
        ("etc !passwd", ["etc"]),
        ("^app", ["app", "app/Server", "app/server.bak"]),
        ("^/app", ["app", "app/Server", "app/server.bak"]),
        ("^lib", ["lib", "lib/a$"]),
        ("passwd$", ["etc/passwd"]),
        ("^etc$", ["etc"]),
        ("!^etc !passwd$ !lib$ !^app !^usr", ["lib/a$", "Étage", "größe"]),
        ("'lib", ["lib", "lib/a$", "usr/lib/app.so", "usr/lib/x y"]),
        ("'app", ["app", "app/Server", "app/server.bak"]),
        ("'usr/lib", ["usr/lib/app.so", "usr/lib/x y"]),
        ("!'app ^a", []),
        ("a\\$", ["lib/a$"]),
        ("a\\$$", ["lib/a$"]),
        ("$", list(PATHS)),
        ("! ^ ' $ !^ !' ^$ ^/", list(PATHS)),
        ("x y", ["usr/lib/x y"]),
        ("größe", ["größe"]),
        ("É", ["Étage"]),
    ],
)
def test_terms(query: str, expected: list[str]) -> None:
    assert found(query) == expected


def test_a_name_that_is_not_utf8_can_be_typed_as_the_terminal_sends_it() -> None:
    assert matching(parse_query("\udcff"), [b"a\xff", b"b"], range(2)) == [0]


def test_candidates_keep_their_order() -> None:
    assert matching(parse_query("app"), KEYS, [8, 0, 3]) == [8, 0]


def test_no_term_means_the_separator_of_keys() -> None:
    assert parse_query("a\0b")[0].text == b"a\0b"
    assert found("etc/passwd") == ["etc/passwd", "etc/passwd-"]


queries = st.text(alphabet="aAbe/s!^$' \\t.", max_size=8)


@settings(max_examples=2_000, deadline=None, database=None)
@given(queries, st.text(alphabet="aAbe/s!^$' \\t.", max_size=3))
def test_what_narrows_has_no_match_outside_the_earlier(earlier: str, more: str) -> None:
    """For all names over a small alphabet, so that a counterexample can exist."""
    query = earlier + more
    if narrows(query, earlier):
        names = [
            b"",
            b"a",
            b"A",
            b"ab",
            b"a\0b",
            b"b\0ab",
            b"es",
            b"a.t",
            b"s\0A",
            b"aa\0a",
            b"ae$",
            b"x'a",
            b"a^b",
            b"a!",
        ]
        before = set(matching(parse_query(earlier), names, range(len(names))))
        assert set(matching(parse_query(query), names, range(len(names)))) <= before


def test_plain_typing_narrows() -> None:
    """Otherwise every key would look at every path again."""
    assert narrows("se", "s")
    assert narrows("^app s", "^app ")
    assert narrows("a b", "a")
    assert not narrows("s", "se")
    assert not narrows("se", "")
    assert not narrows("'lib", "'li")
    assert not narrows("!ab", "!a")
    assert not narrows("ab$", "ab")
