"""Views are tested over both databases, and through a whole server as `tests/app` makes one."""

from tests.app.conftest import _plain_environment, served, settings

__all__ = ["_plain_environment", "served", "settings"]
