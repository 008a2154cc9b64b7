"""What backups say when they cannot be used.

HoldfastError
└── Conflict
    └── BackupUnsound   the file is cut off, damaged, no backup, or of a newer version (409, exit 1)
"""

from holdfast.runtime.errors import Conflict


class BackupUnsound(Conflict):
    """The file is cut off, damaged, no backup at all, or made by a newer version."""

    title = "This backup cannot be used"
