"""Builders that tests share: tars, images and archives made in code, the same bytes each time."""
