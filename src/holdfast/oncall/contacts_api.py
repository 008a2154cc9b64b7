"""`/api/v1/oncall/contacts`: how people are reached, and the codes that show that they are."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from holdfast.oncall.contacts import Channel
from holdfast.oncall.pages.delivery import ProviderAnswer
from holdfast.oncall.verification import ContactState, ContactTrial, KnownContact, Verification, Verifying
from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from holdfast.runtime.http import IdempotencyKey, Responder, Viewer
from holdfast.runtime.pages import fitting, following, part
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Cursor, Limit


class ContactBody(BaseModel):
    """A contact of a person; only a verified one is used for pages."""

    person: str
    contact: str
    channel: Channel
    address: str
    state: ContactState
    verified_at: datetime | None


class ContactListBody(BaseModel):
    """Every contact of every user, in the order of the catalog."""

    items: list[ContactBody]
    next: str | None


class SendCodeRequest(BaseModel, extra="forbid"):
    """Empty: the contact is in the address."""


class CodeSentBody(BaseModel):
    """What the contact's provider said to the code."""

    answer: ProviderAnswer
    words: str


class VerifyRequest(BaseModel, extra="forbid"):
    """The code that was sent to the contact."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


class VerifiedBody(BaseModel):
    """What became of a code that was given back."""

    outcome: Verifying


class ContactTrialBody(BaseModel):
    """A test that was sent to a contact, and what its provider said."""

    contact: str
    channel: Channel
    address: str
    answer: ProviderAnswer
    words: str


class ContactTrialListBody(BaseModel):
    """A test to every contact of a person, in the order of the catalog."""

    items: list[ContactTrialBody]
    next: str | None


def router(verification: Verification) -> APIRouter:
    """Return the endpoints over `verification`."""
    routes = APIRouter(prefix="/oncall/contacts", tags=["oncall"])
    refusals = responses(Invalid, Forbidden, NotFound, Conflict, Unavailable)

    @routes.get("", operation_id="list_contacts", responses=responses(Invalid, Unavailable))
    def list_contacts(_principal: Viewer, cursor: Cursor = None, limit: Limit = 1000) -> ContactListBody:
        """List how people are reached, and whether each contact is verified."""
        found = verification.contacts()
        items = fitting(_body(one) for one in part(found, cursor, limit))
        return ContactListBody(items=items, next=following(found, cursor, items))

    @routes.post("/{person}/{contact}/code", operation_id="send_contact_code", responses=refusals)
    def send_code(
        principal: Responder,
        key: IdempotencyKey,
        person: PathName,
        contact: PathName,
        request: SendCodeRequest,
    ) -> CodeSentBody:
        """Send a code to a contact. It ends after a quarter of an hour."""
        reply = verification.send_code(person, contact, by=principal.name)
        return CodeSentBody(answer=reply.answer, words=reply.words)

    @routes.post("/{person}/{contact}/verify", operation_id="verify_contact", responses=refusals)
    def verify(
        principal: Responder, key: IdempotencyKey, person: PathName, contact: PathName, request: VerifyRequest
    ) -> VerifiedBody:
        """Give a code back: the right one makes the contact usable for pages."""
        return VerifiedBody(outcome=verification.verify(person, contact, request.code, by=principal.name))

    @routes.post("/{person}/test", operation_id="test_contacts", responses=refusals)
    def send_test(
        principal: Responder, key: IdempotencyKey, person: PathName, request: SendCodeRequest
    ) -> ContactTrialListBody:
        """Send a test to every contact of a person, verified or not."""
        items = fitting(_tested(one) for one in verification.test(person, by=principal.name))
        return ContactTrialListBody(items=items, next=None)

    return routes


def _tested(one: ContactTrial) -> ContactTrialBody:
    contact, reply = one.contact, one.reply
    return ContactTrialBody(
        contact=contact.name,
        channel=contact.channel,
        address=contact.address,
        answer=reply.answer,
        words=reply.words,
    )


def _body(one: KnownContact) -> ContactBody:
    return ContactBody(
        person=one.person,
        contact=one.contact.name,
        channel=one.contact.channel,
        address=one.contact.address,
        state=one.state,
        verified_at=one.verified_at,
    )
