"""Who may do what: roles, tokens and sign-ins. Nobody gets in by default.

While no person's token exists, only a caller on this machine is let in, as `local` with every right; from
the first token on everybody needs one, even callers on this machine. Telemetry has a kind of token of its
own (`ingest`), so that a workload can send spans and nothing else.

Secrets carry 192 random bits and are stored as SHA-256 only: at that length a salt or a slow hash adds
nothing, and the time of a look-up by hash reveals nothing about the secret.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    text,
    update,
)

from holdfast.runtime import journal
from holdfast.runtime.actors import ANONYMOUS, LOCAL_NAME, check_name
from holdfast.runtime.attempts import Attempts, Failure
from holdfast.runtime.clock import Clock
from holdfast.runtime.database import BigId, Database, Instant, Reader, Word, Writer, metadata
from holdfast.runtime.errors import Conflict, NotFound, Unauthenticated, Unavailable
from holdfast.runtime.interval_counter import IntervalCounter
from holdfast.runtime.remembered import Remembered

log = logging.getLogger(__name__)

SESSION_LIFE = timedelta(days=7)
SESSION_IDLE = timedelta(hours=24)
"""A session without a request for this long is over; an open page sends requests all the time."""
REMEMBERED_SECONDS = 2.0
"""How long a database result is reused: a revoked token works no longer than this."""
USED_RESOLUTION = timedelta(minutes=1)


class Role(StrEnum):
    """What a token allows: each of the first four includes the ones before it; `ingest` is separate."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    EDITOR = "editor"
    ADMIN = "admin"
    INGEST = "ingest"

    def includes(self, needed: "Role") -> bool:
        """Whether this role is enough where `needed` is required."""
        if self is needed:
            return True
        return self in _LADDER and needed in _LADDER and _LADDER.index(self) > _LADDER.index(needed)


access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("role", Word(Role, 16), nullable=False),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=True),
    Column("revoked_at", Instant, nullable=True),
    Index(
        "uq_access_tokens_name_active",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

access_sessions = Table(
    "access_sessions",
    metadata,
    Column("secret_sha256", String(64), primary_key=True),
    Column("token_id", BigId, ForeignKey("access_tokens.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_access_sessions_token_id", "token_id"),
)


_LADDER = (Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the token's name and what it allows."""

    name: str
    role: Role


LOCAL = Principal(LOCAL_NAME, Role.ADMIN)
"""The caller on this machine while no person's token exists."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token, without its secret."""

    id: int
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in, without its secret: its token, when it began, and when it ends if unused."""

    name: str
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret that has just been made: shown once, never stored."""

    secret: str
    token: Token


class Access:
    """Makes, lists, revokes and recognises tokens and sign-ins; lives as long as the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._remembered = Remembered(clock, seconds=REMEMBERED_SECONDS)
        self.attempts = Attempts(clock)
        self.turned_away = IntervalCounter(clock, 60.0)

    def create_token(self, *, name: str, role: Role, actor: str) -> Issued:
        """Make a token; its secret can be read from the result and never again."""
        check_name(name)
        secret = f"hf_{role}_{secrets.token_hex(24)}"
        now = self._clock.now()
        with self._database.write() as tx:
            if _active(tx, name) is not None:
                raise Conflict(
                    f"a token named {name!r} exists; revoke it first or choose another name",
                    value=name,
                    rule="active tokens have different names",
                )
            values = {
                "name": name,
                "role": role.value,
                "secret_sha256": hash_secret(secret),
                "created_at": now,
            }
            stored = tx.execute(insert(access_tokens).values(values).returning(*access_tokens.c))
            token = _token(stored.mappings().one())
            _record(tx, "access.token_created", actor, token, f"Token {name} created with role {role}", now)
        self._remembered.forget()
        return Issued(secret, token)

    def tokens(self) -> list[Token]:
        """Return every token, including revoked ones, newest first."""
        with self._database.read() as tx:
            rows = tx.execute(select(access_tokens).order_by(access_tokens.c.id.desc())).mappings()
            return [_token(row) for row in rows]

    def revoke_token(self, name: str, *, actor: str) -> Token:
        """End the active token called `name` and every session of it."""
        now = self._clock.now()
        with self._database.write() as tx:
            row = _active(tx, name)
            if row is None:
                raise NotFound(f"there is no active token named {name!r}; see `holdfast access token ls`")
            tx.execute(update(access_tokens).where(access_tokens.c.id == row["id"]).values(revoked_at=now))
            tx.execute(delete(access_sessions).where(access_sessions.c.token_id == row["id"]))
            token = _token({**row, "revoked_at": now})
            _record(tx, "access.token_revoked", actor, token, f"Token {name} revoked", now)
        self._remembered.forget()
        return token

    def people_need_a_token(self) -> bool:
        """Whether any person's token is active, so that nobody is let in without one."""
        columns = access_tokens.c
        people = (columns.revoked_at.is_(None), columns.role != Role.INGEST.value)
        query = select(columns.id).where(*people).limit(1)

        def ask() -> bool:
            with self._database.read() as tx:
                return tx.execute(query).first() is not None

        return self._remembered.recall("people", ask)

    def authenticate(self, secret: str) -> Principal | None:
        """Return who holds the token `secret`, or None if it is unknown or revoked."""
        hashed = hash_secret(secret)
        return self._remembered.recall(f"token {hashed}", lambda: self._look_up(hashed))

    def active_tokens(self) -> dict[str, Token]:
        """Return every active token by the hash of its secret, for a caller that answers from memory."""
        with self._database.read() as tx:
            query = select(access_tokens).where(access_tokens.c.revoked_at.is_(None))
            rows = tx.execute(query).mappings().all()
        return {row["secret_sha256"]: _token(row) for row in rows}

    def note_use(self, token: Token) -> None:
        """Store that `token` was used now, at most once a minute."""
        now = self._clock.now()
        if token.last_used_at is not None and abs(now - token.last_used_at) < USED_RESOLUTION:
            return
        try:
            with self._database.write() as tx:
                tx.execute(
                    update(access_tokens).where(access_tokens.c.id == token.id).values(last_used_at=now)
                )
        except Unavailable as error:
            # A full disk must not lock people out of the pages that report it.
            log.warning("the last use of token %s was not noted: %s", token.name, error.detail)

    def sign_in(self, secret: str) -> Issued:
        """Exchange a person's token for a session secret that a browser keeps for seven days at most."""
        principal = self.authenticate(secret)
        if principal is None:
            raise Unauthenticated("this token is unknown or revoked; ask for a new one")
        if principal.role is Role.INGEST:
            raise Unauthenticated(
                f"{principal.name} is an ingest token: it sends telemetry and opens no page"
            )
        now, session = self._clock.now(), secrets.token_hex(24)
        with self._database.write() as tx:
            tx.execute(delete(access_sessions).where(access_sessions.c.expires_at <= now))
            row = (
                tx.execute(select(access_tokens).where(access_tokens.c.secret_sha256 == hash_secret(secret)))
                .mappings()
                .one()
            )
            values = {"token_id": row["id"], "created_at": now, "expires_at": now + SESSION_IDLE}
            tx.execute(insert(access_sessions).values(secret_sha256=hash_secret(session), **values))
            token = _token(row)
            _record(tx, "access.signed_in", token.name, token, f"{token.name} signed in", now)
        return Issued(session, token)

    def sign_out(self, session: str) -> None:
        """End a session; nothing happens if it has ended already."""
        hashed, now = hash_secret(session), self._clock.now()
        with self._database.write() as tx:
            row = tx.execute(_session_query(hashed)).mappings().first()
            tx.execute(delete(access_sessions).where(access_sessions.c.secret_sha256 == hashed))
            if row is not None:
                token = _token(row)
                _record(tx, "access.signed_out", token.name, token, f"{token.name} signed out", now)
        self._remembered.forget()

    def sessions(self) -> list[Session]:
        """Return every session that is not over, newest first, without its secret."""
        with self._database.read() as tx:
            query = _session_query().where(access_sessions.c.expires_at > self._clock.now())
            rows = tx.execute(query.order_by(access_sessions.c.created_at.desc())).mappings()
            return [
                Session(row["name"], row["role"], row["session_created_at"], row["session_expires_at"])
                for row in rows
            ]

    def end_sessions(self, name: str, *, actor: str) -> int:
        """End every session of the token called `name`, which stays valid; return how many there were."""
        now = self._clock.now()
        with self._database.write() as tx:
            row = _active(tx, name)
            if row is None:
                raise NotFound(f"there is no active token named {name!r}; see `holdfast access token ls`")
            gone = tx.execute(delete(access_sessions).where(access_sessions.c.token_id == row["id"]))
            token = _token(row)
            _record(tx, "access.sessions_ended", actor, token, f"Every session of {name} ended", now)
        self._remembered.forget()
        return int(gone.rowcount)

    def note_failure(self, secret: str, *, address: str, by: str) -> None:
        """Count a wrong credential, and journal it within bounds; never the secret."""
        failure = self.attempts.failed(address)
        if not failure.is_noted:
            return
        try:
            with self._database.write() as tx:
                summary = _record_failure(tx, hash_secret(secret), failure, address, by, self._clock.now())
            log.warning("%s", summary)
        except Unavailable as error:
            log.warning("a wrong credential from %s was not journalled: %s", address, error.detail)

    def recognise(self, session: str) -> Principal | None:
        """Return who is signed in under `session`, or None if it ended, expired or never was."""
        hashed = hash_secret(session)
        return self._remembered.recall(f"session {hashed}", lambda: self._look_up_session(hashed))

    def _look_up(self, hashed: str) -> Principal | None:
        columns = access_tokens.c
        query = select(access_tokens).where(columns.secret_sha256 == hashed, columns.revoked_at.is_(None))
        with self._database.read() as tx:
            row = tx.execute(query).mappings().first()
        if row is None or not hmac.compare_digest(row["secret_sha256"], hashed):
            return None
        self.note_use(_token(row))
        return Principal(row["name"], row["role"])

    def _look_up_session(self, hashed: str) -> Principal | None:
        query = _session_query(hashed).where(
            access_sessions.c.expires_at > self._clock.now(), access_tokens.c.revoked_at.is_(None)
        )
        with self._database.read() as tx:
            row = tx.execute(query).mappings().first()
        if row is None or not hmac.compare_digest(row["session_sha256"], hashed):
            return None
        self._note_session_use(row)
        self.note_use(_token(row))
        return Principal(row["name"], row["role"])

    def _note_session_use(self, row: Any) -> None:
        """Extend a session that is used, to the end of its life at most; stored at most once a minute."""
        expires_at = min(self._clock.now() + SESSION_IDLE, row["session_created_at"] + SESSION_LIFE)
        if expires_at - row["session_expires_at"] < USED_RESOLUTION:
            return
        mine = access_sessions.c.secret_sha256 == row["session_sha256"]
        try:
            with self._database.write() as tx:
                tx.execute(update(access_sessions).where(mine).values(expires_at=expires_at))
        except Unavailable as error:
            log.warning("the use of a session of %s was not noted: %s", row["name"], error.detail)


def hash_secret(secret: str) -> str:
    """Return the form in which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _session_query(hashed: str | None = None) -> Select[Any]:
    session = access_sessions.c
    query = select(
        access_tokens,
        session.secret_sha256.label("session_sha256"),
        session.created_at.label("session_created_at"),
        session.expires_at.label("session_expires_at"),
    ).join(access_sessions, access_sessions.c.token_id == access_tokens.c.id)
    return query if hashed is None else query.where(session.secret_sha256 == hashed)


def _active(tx: Reader, name: str) -> Mapping[str, Any] | None:
    columns = access_tokens.c
    query = select(access_tokens).where(columns.name == name, columns.revoked_at.is_(None))
    row = tx.execute(query).mappings().first()
    return None if row is None else dict(row)


def _token(row: Any) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


def _record(tx: Writer, kind: str, actor: str, token: Token, summary: str, at: datetime) -> None:
    data = {"role": token.role.value}
    journal.append(tx, journal.Entry(at, kind, actor, f"token/{token.name}", summary, data=data))


def _record_failure(tx: Writer, hashed: str, failure: Failure, address: str, by: str, at: datetime) -> str:
    known = (
        tx.execute(select(access_tokens).where(access_tokens.c.secret_sha256 == hashed)).mappings().first()
    )
    what = "an unknown token" if known is None else f"the token {known['name']}, which does not open this"
    if known is not None and known["revoked_at"] is not None:
        what = f"the revoked token {known['name']}"
    times = "" if failure.count == 1 else f"; {failure.count} wrong ones came from there so far"
    more = "; further ones are not recorded for some time" if failure.is_last_noted else ""
    summary = f"A {by} from {address} failed with {what}{times}{more}"
    data = {"address": address, "by": by, "count": failure.count}
    subject = "access" if known is None else f"token/{known['name']}"
    entry = journal.Entry(at, "access.refused", ANONYMOUS, subject, summary, data=data)
    journal.append(tx, entry)
    return summary
