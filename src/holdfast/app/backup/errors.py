"""The errors of backups.

HoldfastError
└── Conflict
    └── BackupUnsound   the file is cut off, damaged, no backup, or of a newer version (409, exit 1)
"""

from holdfast.runtime.errors import Conflict


class BackupUnsound(Conflict):
    """The file is cut off, damaged, no backup at all, or made by a newer version."""

    kind = "backup-unusable"
    title = "Backup unusable"
