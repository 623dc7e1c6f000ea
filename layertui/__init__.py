"""See what is inside a container image: which layer changed what, and which layer's version wins."""

__version__ = "0.1.0"
"""The version that `layertui --version` prints and that wheels carry."""
