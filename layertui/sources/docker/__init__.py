"""Docker: its engine through the API, and its own books on disk."""
