"""What an extraction did, and what it could not do."""

from dataclasses import dataclass, field

from layertui.errors import LayertuiError
from layertui.extract.left_out import LeftOut

PROBLEM_LIMIT = 50
"""How many sentences are kept; the count goes on."""


@dataclass(slots=True)
class Outcome:
    """What was made."""

    files: int = 0
    """Files and further names of them."""
    directories: int = 0
    others: int = 0
    """Symlinks, devices and pipes."""
    content_bytes: int = 0
    """The sizes of all files, each once."""
    problems: list[LayertuiError] = field(default_factory=list)
    """Why single entries could not be made."""
    problem_count: int = 0
    """How many there are in all."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """What was left out by rule."""

    @property
    def notes(self) -> list[str]:
        """What was left out by rule, a sentence each."""
        return self.left_out.sentences()

    @property
    def made(self) -> int:
        """How many names were made."""
        return self.files + self.directories + self.others

    def fail(self, problem: LayertuiError) -> None:
        """Keep why an entry could not be made, or only count it when there are too many."""
        self.problem_count += 1
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(problem)
