"""Makes the agenda: the handler of each kind of task, and the recurring tasks."""

from holdfast.app.engines import Engines
from holdfast.incidents.service import IncidentsService
from holdfast.objectives.service import ObjectivesService
from holdfast.runtime import agenda as tasks
from holdfast.runtime.agenda import Agenda, Handler, Task
from holdfast.runtime.clock import Clock
from holdfast.runtime.replies import Replies
from holdfast.telemetry.servicemap.joiner import Joiner
from holdfast.telemetry.services.version_watch import VersionWatch

FORGET_REPLIES = "replies.forget"
FORGET_EVERY_SECONDS = 3600


def agenda(
    engines: Engines,
    clock: Clock,
    replies: Replies,
    objectives: ObjectivesService,
    incidents: IncidentsService,
    joiner: Joiner,
    versions: VersionWatch,
) -> Agenda:
    """Make the agenda with the handlers of every package."""
    handlers = {
        FORGET_REPLIES: _forgetting(replies),
        **objectives.handlers,
        **incidents.handlers,
        **joiner.handlers,
        **versions.handlers,
    }
    return Agenda(engines.database, clock, handlers)


def put_on_agenda(
    engines: Engines, clock: Clock, objectives: ObjectivesService, joiner: Joiner, versions: VersionWatch
) -> None:
    """Enter the recurring tasks; existing ones keep their schedule."""
    with engines.database.write() as tx:
        tasks.ensure(
            tx, kind=FORGET_REPLIES, subject="all", due_at=clock.now(), every_seconds=FORGET_EVERY_SECONDS
        )
        objectives.ensure_tasks(tx)
        joiner.ensure_tasks(tx)
        versions.ensure_tasks(tx)


def _forgetting(replies: Replies) -> Handler:
    def forget(_task: Task) -> None:
        replies.forget_old()

    return forget
