"""People are paged: pages, the messages that carry them, links that acknowledge, and verified contacts."""

import sqlalchemy as sa
from alembic import op

from holdfast.runtime.database import BigId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('paging', 'acknowledged', 'snoozed', 'unanswered')")


def upgrade() -> None:
    """Apply this step."""
    _pages()
    _messages()
    _links_and_contacts()


def _pages() -> None:
    op.create_table(
        "oncall_pages",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oncall_pages")),
    )
    op.create_index("ix_oncall_pages_policy", "oncall_pages", ["policy"])
    op.create_index(
        "uq_oncall_pages_open",
        "oncall_pages",
        ["reference", "policy"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _messages() -> None:
    op.create_table(
        "oncall_messages",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("by", sa.String(length=79), nullable=False),
        sa.Column("contact", sa.String(length=63), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("sent_as", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=400), nullable=False),
        sa.Column("first_sent_at", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oncall_messages")),
    )
    op.create_index("ix_oncall_messages_page_id", "oncall_messages", ["page_id"])
    contact = ["channel", "address"]
    op.create_index("ix_oncall_messages_contact", "oncall_messages", [*contact, "state", "due_at"])
    op.create_index("ix_oncall_messages_sent_at", "oncall_messages", [*contact, "sent_at"])


def _links_and_contacts() -> None:
    op.create_table(
        "oncall_links",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_oncall_links")),
    )
    op.create_index("ix_oncall_links_page_id", "oncall_links", ["page_id"])
    op.create_table(
        "oncall_contacts",
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_ends_at", Instant(), nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", "channel", "address", name=op.f("pk_oncall_contacts")),
    )
