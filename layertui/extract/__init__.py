"""Taking files out of an image: written beneath one directory and nowhere else, and whole or not at all."""
