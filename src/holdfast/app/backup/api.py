"""`/api/v1/backup`: everything the server keeps, as one file."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from holdfast.app.backup.service import Backup, BackupService
from holdfast.runtime.errors import Conflict, Unavailable
from holdfast.runtime.http import Admin
from holdfast.runtime.problems import responses

SIZE = "x-backup-bytes"
"""Header with the bytes of all files, so that whoever reads can say how far it is."""


class Tar(StreamingResponse):
    """A tar file on its way."""

    media_type = "application/x-tar"


def router(service: BackupService) -> APIRouter:
    """Return the endpoint over `service`."""
    api = APIRouter(tags=["backup"])

    @api.get(
        "/backup",
        operation_id="get_backup",
        response_class=Tar,
        responses=responses(Conflict, Unavailable),
    )
    def get_backup(principal: Admin) -> Tar:
        """Return state, spool and embedded warehouse of this instant as one tar file.

        The last file in it is its manifest: without that the answer was cut off.
        """
        backup = service.begin(principal.name)
        name = f'attachment; filename="holdfast-{backup.header.taken_at:%Y%m%dT%H%M%SZ}.tar"'
        headers = {SIZE: str(backup.header.size_bytes), "content-disposition": name}
        return Tar(_pieces(backup), headers=headers)

    return api


async def _pieces(backup: Backup) -> AsyncIterator[bytes]:
    pieces = iter(backup)
    try:
        while (piece := await run_in_threadpool(next, pieces, None)) is not None:
            yield piece
    finally:
        # Also when the reader hangs up.
        backup.close()
