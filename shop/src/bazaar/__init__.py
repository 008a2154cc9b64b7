"""bazaar: a small shop on a real mesh, made to be watched, broken and fixed."""

NAME = "bazaar"
VERSION = "1.0.0"
