"""Two contents next to each other: texts line by line, other bytes by size, digest and the first difference."""
