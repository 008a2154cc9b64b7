"""`/api/v1/backup`: everything the server stores, as one file."""

from fastapi import APIRouter

from holdfast.app.backup.service import BackupService
from holdfast.runtime.clock import Clock
from holdfast.runtime.errors import Conflict, Unavailable
from holdfast.runtime.http import AdminStill
from holdfast.runtime.problems import responses
from holdfast.runtime.streams import Download

SIZE = "x-backup-bytes"
"""Header with the bytes of all files, so that the reader can show progress."""


class Tar(Download):
    """A tar file that is being sent."""

    media_type = "application/x-tar"


def router(service: BackupService, clock: Clock) -> APIRouter:
    """Return the endpoint over `service`."""
    api = APIRouter(tags=["backup"])

    @api.get(
        "/backup",
        operation_id="get_backup",
        status_code=200,
        response_class=Tar,
        responses=responses(Conflict, Unavailable),
    )
    def get_backup(authority: AdminStill) -> Tar:
        """Return state, spool and embedded warehouse of this instant as one tar file.

        The last file in it is its manifest; without a manifest the backup is incomplete.
        """
        backup = service.begin(authority.principal.name)
        name = f'attachment; filename="holdfast-{backup.header.taken_at:%Y%m%dT%H%M%SZ}.tar"'
        headers = {SIZE: str(backup.header.size_bytes), "content-disposition": name}
        return Tar(backup, authority=authority, clock=clock, headers=headers)

    return api
