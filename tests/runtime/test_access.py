"""Tokens and sign-ins: hashed, shown once, ended at once, and told apart by role."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from holdfast.runtime import journal
from holdfast.runtime.access import (
    REMEMBERED_SECONDS,
    SESSION_IDLE,
    SESSION_LIFE,
    Access,
    Principal,
    Role,
    access_sessions,
    access_tokens,
)
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Conflict, Invalid, NotFound, Unauthenticated

LADDER = [Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN]


@pytest.fixture
def access(database: Database, clock: ManualClock) -> Access:
    """Access over an empty database."""
    return Access(database, clock)


@pytest.mark.parametrize(("held", "needed"), list(itertools.product(LADDER, LADDER)))
def test_a_role_includes_those_below_it(held: Role, needed: Role) -> None:
    """Each role of the ladder is enough where a lower one is asked for, and nowhere else."""
    assert held.includes(needed) == (LADDER.index(held) >= LADDER.index(needed))


@pytest.mark.parametrize("role", LADDER)
def test_ingest_stands_apart(role: Role) -> None:
    """An ingest token opens nothing else, and no other token sends telemetry."""
    assert not Role.INGEST.includes(role)
    assert not role.includes(Role.INGEST)
    assert Role.INGEST.includes(Role.INGEST)


def test_a_token_is_recognised_and_never_stored(access: Access, database: Database) -> None:
    """Whoever holds the secret is known by the token's name and role; the database holds only a hash."""
    issued = access.create_token(name="ada", role=Role.EDITOR, actor="root")
    assert issued.secret.startswith("hf_editor_")
    assert access.authenticate(issued.secret) == Principal("ada", Role.EDITOR)
    with database.read() as tx:
        stored = str(tx.execute(select(access_tokens)).mappings().one())
        entries = str(journal.entries(tx, kinds=("access.",)))
    assert issued.secret not in stored
    assert issued.secret not in entries


@pytest.mark.parametrize("wrong", ["", "hf_editor_", "hf_admin_00", "x" * 5000, "ü\0"])
def test_another_secret_is_nobody(access: Access, wrong: str) -> None:
    """A secret that was never issued identifies nobody, whatever it looks like."""
    access.create_token(name="ada", role=Role.EDITOR, actor="root")
    assert access.authenticate(wrong) is None


def test_a_revoked_token_ends_with_everything_signed_in(access: Access) -> None:
    """Revoking a token ends its sessions in the same process at once."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    session = access.sign_in(issued.secret)
    assert access.recognise(session.secret) == Principal("ada", Role.VIEWER)
    access.revoke_token("ada", actor="root")
    assert access.authenticate(issued.secret) is None
    assert access.recognise(session.secret) is None


def test_another_process_forgets_a_revoked_token_within_seconds(
    access: Access, database: Database, clock: ManualClock
) -> None:
    """A token revoked on the command line is refused by the server once its memory is two seconds old."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    assert access.authenticate(issued.secret) is not None
    Access(database, clock).revoke_token("ada", actor="root")
    clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert access.authenticate(issued.secret) is None


def test_the_first_token_of_a_person_closes_the_door(
    access: Access, database: Database, clock: ManualClock
) -> None:
    """People need a token while one of theirs is active; an ingest token changes nothing for them."""
    other = Access(database, clock)
    assert not access.people_need_a_token()
    other.create_token(name="collector", role=Role.INGEST, actor="root")
    clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert not access.people_need_a_token()
    other.create_token(name="ada", role=Role.VIEWER, actor="root")
    clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert access.people_need_a_token()
    access.revoke_token("ada", actor="root")
    assert not access.people_need_a_token()


def test_names_of_active_tokens_differ(access: Access) -> None:
    """A second active token of the same name is refused; after revoking the first the name is free."""
    access.create_token(name="ada", role=Role.VIEWER, actor="root")
    with pytest.raises(Conflict, match="ada"):
        access.create_token(name="ada", role=Role.ADMIN, actor="root")
    access.revoke_token("ada", actor="root")
    access.create_token(name="ada", role=Role.ADMIN, actor="root")
    assert [token.revoked_at is None for token in access.tokens()] == [True, False]


@pytest.mark.parametrize("name", ["", " ada", "a\nb", "x" * 101, "ada/..", "ä", "\0"])
def test_odd_names_are_refused(access: Access, name: str) -> None:
    """A token's name is what logs and journals show, so it holds nothing that could be misread there."""
    with pytest.raises(Invalid):
        access.create_token(name=name, role=Role.VIEWER, actor="root")


def test_revoking_what_is_not_there_says_so(access: Access) -> None:
    """An unknown name is not found, and the sentence says where to look."""
    with pytest.raises(NotFound, match="token ls"):
        access.revoke_token("nobody", actor="root")


def test_an_ingest_token_opens_no_page(access: Access) -> None:
    """Signing in takes a person's token."""
    issued = access.create_token(name="collector", role=Role.INGEST, actor="root")
    with pytest.raises(Unauthenticated, match="ingest"):
        access.sign_in(issued.secret)


def test_a_session_expires(access: Access, clock: ManualClock) -> None:
    """After seven days somebody has to sign in again, and the old session is cleared away."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    session = access.sign_in(issued.secret)
    clock.advance(SESSION_LIFE)
    assert access.recognise(session.secret) is None
    access.sign_in(issued.secret)
    with access._database.read() as tx:
        assert len(tx.execute(select(access_sessions)).all()) == 1


def test_signing_out_ends_the_session_alone(access: Access) -> None:
    """Signing out ends one session; the token and other sessions stay."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    here, there = access.sign_in(issued.secret), access.sign_in(issued.secret)
    access.sign_out(here.secret)
    assert access.recognise(here.secret) is None
    assert access.recognise(there.secret) is not None


def test_use_is_noted_once_a_minute(access: Access, clock: ManualClock) -> None:
    """A listing shows when a token was last used, to the minute, without a write per request."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    start = clock.now()
    for _ in range(40):
        access.authenticate(issued.secret)
        clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert access.tokens()[0].last_used_at == start + timedelta(seconds=60)


def test_everything_done_to_tokens_is_in_the_journal(access: Access, database: Database) -> None:
    """Creating, signing in and revoking each leave an entry with actor and subject."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    access.sign_in(issued.secret)
    access.revoke_token("ada", actor="eve")
    with database.read() as tx:
        found = [(entry.kind, entry.actor, entry.subject) for entry in journal.entries(tx)]
    assert found == [
        ("access.token_revoked", "eve", "token/ada"),
        ("access.signed_in", "ada", "token/ada"),
        ("access.token_created", "root", "token/ada"),
    ]


def test_a_session_nobody_uses_is_over_after_a_day(access: Access, clock: ManualClock) -> None:
    """A browser left behind is signed out after a day without a question, and not a second before."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    session = access.sign_in(issued.secret)
    clock.advance(SESSION_IDLE - timedelta(seconds=1))
    assert access.recognise(session.secret) is not None
    clock.advance(SESSION_IDLE)
    assert access.recognise(session.secret) is None


def test_a_session_in_use_lasts_for_its_life_and_no_longer(access: Access, clock: ManualClock) -> None:
    """However often it is used, a session is over seven days after signing in."""
    issued = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    session = access.sign_in(issued.secret)
    for _ in range(13):
        clock.advance(SESSION_IDLE / 2)
        assert access.recognise(session.secret) is not None
    clock.advance(SESSION_IDLE / 2 - timedelta(seconds=1))
    assert access.recognise(session.secret) is not None
    clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert access.recognise(session.secret) is None


def test_who_is_signed_in_can_be_seen_and_ended(
    access: Access, database: Database, clock: ManualClock
) -> None:
    """Sessions are listed without their secrets and ended by the token's name; the token itself goes on."""
    ada = access.create_token(name="ada", role=Role.VIEWER, actor="root")
    eve = access.create_token(name="eve", role=Role.ADMIN, actor="root")
    sessions = [access.sign_in(one.secret).secret for one in (ada, ada, eve)]
    assert sorted((one.name, one.role) for one in access.sessions()) == [
        ("ada", Role.VIEWER),
        ("ada", Role.VIEWER),
        ("eve", Role.ADMIN),
    ]
    assert not any(secret in repr(access.sessions()) for secret in sessions)
    assert access.end_sessions("ada", actor="root") == 2
    assert [access.recognise(one) is not None for one in sessions] == [False, False, True]
    assert access.authenticate(ada.secret) is not None
    with database.read() as tx:
        assert journal.entries(tx)[0].kind == "access.sessions_ended"
    with pytest.raises(NotFound, match="token ls"):
        access.end_sessions("nobody", actor="root")
    clock.advance(SESSION_IDLE)
    assert access.sessions() == []


def test_secrets_are_long_and_never_the_same(access: Access) -> None:
    """Tokens and sessions carry 192 bits of the operating system's randomness; no two are alike."""
    tokens = [access.create_token(name=f"n{n}", role=Role.VIEWER, actor="root").secret for n in range(20)]
    sessions = [access.sign_in(tokens[0]).secret for _ in range(20)]
    secrets = [*(one.rpartition("_")[2] for one in tokens), *sessions]
    assert len(set(secrets)) == 40
    assert {len(bytes.fromhex(one)) * 8 for one in secrets} == {192}
