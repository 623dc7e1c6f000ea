"""The filter's language: terms that all must match.

A term is a substring of the path; `!term` must not match; `^term` begins the path, `term$` ends it (`\\$` is the sign
itself), `'term` is a whole component of it. Smart case: upper case in a term makes that term case-sensitive.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a query, over keys (paths with NUL for `/`)."""

    text: bytes
    negated: bool
    starts: bool
    ends: bool
    whole: bool
    folded: bool
    """Whether case is passed over."""

    def matches(self, key: bytes) -> bool:
        """Whether a path, given as a key, satisfies the term."""
        subject = key.lower() if self.folded else key
        if self.starts and self.ends:
            found = subject == self.text
        elif self.starts:
            found = subject.startswith(self.text)
        elif self.ends:
            found = subject.endswith(self.text)
        elif self.whole:
            found = b"\0" + self.text + b"\0" in b"\0" + subject + b"\0"
        else:
            found = self.text in subject
        return found != self.negated


def parse_query(query: str) -> tuple[Term, ...]:
    """Split a filter's text into terms; a term of operators alone is passed over while it is typed."""
    terms = []
    for word in query.split():
        negated = word.startswith("!")
        word = word.removeprefix("!")
        whole = word.startswith("'")
        word = word.removeprefix("'")
        starts = not whole and word.startswith("^")
        word = word.removeprefix("^") if starts else word
        ends = not whole and word.endswith("$") and not word.endswith("\\$")
        word = word.removesuffix("$") if ends else word
        word = word.removesuffix("\\$") + "$" if not whole and word.endswith("\\$") else word
        if starts:
            word = word.removeprefix("/")
        if not word:
            continue
        folded = word == word.lower()
        text = word.encode("utf-8", "surrogateescape").replace(b"/", b"\0")
        terms.append(Term(text, negated, starts, ends, whole, folded))
    return tuple(terms)


def matching(
    terms: tuple[Term, ...], keys: list[bytes], candidates: Iterable[int], lowered: list[bytes] | None = None
) -> list[int]:
    """The candidates, indexes into `keys`, whose path satisfies all terms; in their order.

    `lowered` are the keys in lower case, where somebody keeps them: to make each anew is half of the work.
    """
    hits = candidates
    for term in terms:
        if not (term.negated or term.starts or term.ends or term.whole):
            text = term.text
            if term.folded and lowered is not None:
                hits = [index for index in hits if text in lowered[index]]
            elif term.folded:
                hits = [index for index in hits if text in keys[index].lower()]
            else:
                hits = [index for index in hits if text in keys[index]]
        else:
            hits = [index for index in hits if term.matches(keys[index])]
    return list(hits)


def narrows(query: str, earlier: str) -> bool:
    """Whether every match of `query` is one of `earlier` too, so that only those need another look.

    True while plain letters are added to the end; a `!` term grows wider as it grows longer, a `$` may move, and a
    longer component is another one.
    """
    return query.startswith(earlier) and bool(earlier) and not any(sign in query for sign in "!$'")
