"""The ways to look for something in an image: in names or in contents, and how what is typed is read."""

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first frame has the ways, and looks for nothing yet
    from layertui.stack.search_names import Matcher
    from layertui.stack.search_pattern import Needle


class Way(Enum):
    """One way to look; each is its title and what to type, in the order in which a key goes through them."""

    FUZZY = "names, fuzzy", "letters of a path, in their order"
    GLOB = "names, glob", "*.pem, or with a slash whole paths: etc/**/*.conf"
    REGEX = "names, regex", r"found anywhere in a path: \.(pem|key)$"
    TEXT = "contents, text", "in every file of every layer"
    EXPRESSION = "contents, regex", r"within lines: (password|token)\s*="

    @property
    def title(self) -> str:
        """What it is called."""
        return self.value[0]

    @property
    def hint(self) -> str:
        """What to type."""
        return self.value[1]

    @property
    def in_contents(self) -> bool:
        """Whether it looks into files: that takes long, and is begun only when it is asked for."""
        return self in (Way.TEXT, Way.EXPRESSION)

    @property
    def is_regex(self) -> bool:
        """Whether what is typed is a regular expression."""
        return self in (Way.REGEX, Way.EXPRESSION)

    def step(self, step: int) -> "Way":
        """The way that so many steps lead to, round and round."""
        ways = list(Way)
        return ways[(ways.index(self) + step) % len(ways)]

    def others(self) -> str:
        """What the next steps lead to: `glob, regex, contents`."""
        place, _, kind = self.title.partition(", ")
        names = []
        for step in range(1, len(Way)):
            other, _, other_kind = self.step(step).title.partition(", ")
            name = other_kind if other == place else other
            if name not in names and not (name == kind and other == place):
                names.append(name)
        return ", ".join(names)


def names_matcher(way: Way, query: str) -> "Matcher":
    """What tells whether a path matches, by glob or by regular expression; smart case.

    Raises UsageError for what is malformed.
    """
    from layertui.stack.search_names import glob_matcher, regex_matcher

    make = regex_matcher if way is Way.REGEX else glob_matcher
    return make(query, ignore_case=query == query.lower())


def contents_needle(way: Way, query: str) -> "Needle":
    """What is looked for in contents; smart case. Raises UsageError for what is malformed."""
    from layertui.stack.search_pattern import compile_needle

    return compile_needle(query, regex=way is Way.EXPRESSION, ignore_case=query == query.lower())
