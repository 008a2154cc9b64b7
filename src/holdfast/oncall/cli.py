"""`holdfast oncall`: who is on call, who will be, where nobody is, and who takes over for whom."""

from typing import Annotated

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.output import Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Who is on call, who will be, and where nobody is.")

ScheduleArgument = Annotated[str, typer.Argument(help="The schedule's name, as `oncall who` shows it.")]
AtOption = Annotated[str, typer.Option("--at", help="An ISO 8601 instant; now by default.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=400, help="How many days ahead.")]

_PEOPLE = Column("people", "on call")
_OVERRIDE_COLUMNS = (Column("id", is_number=True), "start", "end", "person", "instead_of")


@app.command("who")
def who(at: AtOption = "", url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show who is on call for each schedule, until when, and who is next."""
    with Client(url) as client:
        rows = list(client.pages("/oncall", at=at or None))
    emit(rows, columns=("schedule", _PEOPLE, "until", Column("following", "next"), "teams"), output=output)
    if not rows and output is Output.TABLE:
        say("No schedule is in the catalog: docs/guide/oncall.md shows how to write one.")


@app.command("preview")
def preview(
    schedule: ScheduleArgument,
    at: AtOption = "",
    days: DaysOption = 14,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show who will be on call for a schedule."""
    with Client(url) as client:
        rows = list(client.pages(f"/oncall/schedules/{segment(schedule)}/duties", days=days, at=at or None))
    emit(rows, columns=("start", "end", _PEOPLE, Column("layer", is_number=True)), output=output)


@app.command("gaps")
def gaps(
    at: AtOption = "", days: DaysOption = 28, url: UrlOption = "", output: OutputOption = Output.TABLE
) -> None:
    """Show the times in which nobody is on call. Exit 1 if there is one."""
    with Client(url) as client:
        rows = list(client.pages("/oncall/gaps", days=days, at=at or None))
    emit(rows, columns=("schedule", "start", "end"), output=output)
    if rows:
        raise typer.Exit(1)
    if output is Output.TABLE:
        say(f"Somebody is on call for every schedule in the next {days} days.")


@app.command("override")
def override(
    schedule: ScheduleArgument,
    person: Annotated[str, typer.Argument(help="The User who takes over.")],
    *,
    end: Annotated[str, typer.Option("--to", help="An ISO 8601 instant.")],
    start: Annotated[str, typer.Option("--from", help="An ISO 8601 instant; now by default.")] = "now",
    instead_of: Annotated[str, typer.Option("--instead-of", help="Whom; everybody by default.")] = "",
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Let somebody be on call for a time in place of another."""
    body = {"person": person, "start": start, "end": end, "instead_of": instead_of or None}
    with Client(url) as client:
        made = client.post(f"/oncall/schedules/{segment(schedule)}/overrides", body)
    emit(made, columns=_OVERRIDE_COLUMNS, output=output)


@app.command("overrides")
def overrides(
    schedule: ScheduleArgument,
    days: DaysOption = 28,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show who takes over for whom in the coming days."""
    with Client(url) as client:
        rows = list(client.pages(f"/oncall/schedules/{segment(schedule)}/overrides", days=days))
    emit(rows, columns=_OVERRIDE_COLUMNS, output=output)


@app.command("restore")
def restore(
    schedule: ScheduleArgument,
    number: Annotated[int, typer.Argument(help="The override's number, as `oncall overrides` shows it.")],
    url: UrlOption = "",
) -> None:
    """Remove an override, so that the rotations decide again."""
    with Client(url) as client:
        client.delete(f"/oncall/schedules/{segment(schedule)}/overrides/{number}")
    say(f"Override {number} is removed.")


@app.command("contacts")
def contacts(url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show how people are reached, and which contacts are verified. Exit 1 if one is not."""
    with Client(url) as client:
        rows = list(client.pages("/oncall/contacts"))
    emit(rows, columns=("person", "contact", "channel", "address", "state"), output=output)
    if any(one["state"] != "verified" for one in rows):
        raise typer.Exit(1)


@app.command("verify")
def verify(
    person: Annotated[str, typer.Argument(help="The User's name.")],
    contact: Annotated[str, typer.Argument(help="The contact's name, as `oncall contacts` shows it.")],
    code: Annotated[str, typer.Argument(help="The code that arrived; without it, one is sent.")] = "",
    url: UrlOption = "",
) -> None:
    """Send a code to a contact, or give it back: only a verified contact is used for pages."""
    place = f"/oncall/contacts/{segment(person)}/{segment(contact)}"
    with Client(url) as client:
        if not code:
            sent = client.post(f"{place}/code", {})
            say(f"Code {sent['answer']}: {sent['words']}")
            is_done = sent["answer"] == "accepted"
        else:
            outcome = client.post(f"{place}/verify", {"code": code})["outcome"]
            say(f"{contact} of {person}: {_VERIFYING[outcome]}")
            is_done = outcome == "done"
    if not is_done:
        raise typer.Exit(1)


@app.command("test")
def send_test(
    person: Annotated[str, typer.Argument(help="The User's name.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Send a test to every contact of a person. Exit 1 if a provider did not accept it."""
    with Client(url) as client:
        rows = client.post(f"/oncall/contacts/{segment(person)}/test", {})["items"]
    emit(rows, columns=("contact", "channel", "address", "answer", Column("words", "proof")), output=output)
    if not rows or any(one["answer"] != "accepted" for one in rows):
        raise typer.Exit(1)


_VERIFYING = {
    "done": "verified",
    "wrong": "this is not the code",
    "not_asked": "no code was sent; leave the code out to send one",
    "expired": "the code has ended; leave it out to send another",
    "too_many_tries": "too many wrong codes; leave it out to send another",
}
