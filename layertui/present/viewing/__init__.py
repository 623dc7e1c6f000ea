"""What a content is and how it is read: text, bytes, members of an archive; always by ranges, never whole."""
