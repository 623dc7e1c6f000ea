"""Images in registries (distribution-spec 1.1), read without an engine; nothing is ever written to one."""
