"""`python -m holdfast.app.migrations NUMBER MESSAGE` writes the step from the newest migration to the tables.

Read the step before you commit it: a rename looks like a removal and an addition, and data is not moved.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from holdfast.app.state import alembic_config, known_revisions, upgrade
from holdfast.runtime.database import Database


def main(number: str, message: str) -> None:
    """Compare a database at the newest migration with the tables of the code, and write the difference."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(f"sqlite:///{Path(directory) / 'state.db'}")
        with database.write() as tx:
            if known_revisions():
                upgrade(tx)
            command.revision(alembic_config(tx), message=message, autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
