"""`holdfast page`: pages, what happened to each and why, and who would be paged."""

from typing import Annotated

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.output import Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Who was paged, through what, and with which answer.")

NumberArgument = Annotated[int, typer.Argument(help="The page's number, as `page ls` shows it.")]
_COLUMNS = (
    Column("id", is_number=True),
    *("state", "title", "reference", "policy", "opened_at", "acknowledged_by"),
)


@app.command("ls")
def ls(
    state: Annotated[str, typer.Option("--state", help="paging, acknowledged, unanswered, resolved.")] = "",
    reference: Annotated[str, typer.Option("--for", help="What it is for, such as incident/7.")] = "",
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """List pages, newest first."""
    with Client(url) as client:
        rows = list(client.pages("/pages", state=state or None, reference=reference or None))
    emit(rows, columns=_COLUMNS, output=output)
    if not rows and output is Output.TABLE:
        say("Nobody was paged.")


@app.command("explain")
def explain(number: NumberArgument, url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show in order who was sent what, through what, with which answer, and why nobody else was."""
    with Client(url) as client:
        page = client.get(f"/pages/{number}")
    if output is not Output.TABLE:
        emit(page, columns=(), output=output)
        return
    say(f"Page {number}: {page['title']}. {page['state']}, for {page['reference']}, by {page['policy']}.")
    emit(page["timeline"], columns=("at", "actor", "summary"), output=output)
    columns = (Column("step", is_number=True), "person", "contact", "state", "sent_at", "answer")
    emit([{**one, "step": one["step"] + 1} for one in page["messages"]], columns=columns, output=output)


@app.command("ack")
def ack(number: NumberArgument, url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Acknowledge a page: nobody else is asked. Exit 1 if it was over or acknowledged before."""
    with Client(url) as client:
        made = client.post(f"/pages/{number}/ack", {})
    emit(made["page"], columns=_COLUMNS, output=output)
    if made["outcome"] != "done":
        say(f"Nothing was changed: {made['outcome']}.")
        raise typer.Exit(1)


@app.command("when")
def when(
    objective: Annotated[str, typer.Argument(help="The objective's name.")],
    at: Annotated[str, typer.Option("--at", help="An ISO 8601 instant; now by default.")] = "",
    urgency: Annotated[str, typer.Option("--urgency", help="high for page tiers, low for tickets.")] = "high",
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show who would be paged for an objective, step by step. Exit 1 if nobody would be."""
    with Client(url) as client:
        found = client.get(f"/pages/foreseen/{segment(objective)}", at=at or None, urgency=urgency)
    if output is not Output.TABLE:
        emit(found, columns=(), output=output)
    else:
        emit(
            [_step(one) for one in found["steps"]], columns=("at", "step", "people", "passed"), output=output
        )
        say(f"{found['reason']}: {', '.join(found['policies']) or 'nobody'}")
    if not any(one["asked"] for one in found["steps"]):
        raise typer.Exit(1)


def _step(one: dict) -> dict[str, object]:  # type: ignore[type-arg]
    people = [f"{each['person']} ({', '.join(each['contacts'])})" for each in one["asked"]]
    passed = [f"{each['who']}: {each['reason']}" for each in one["passed"]]
    return {"at": one["at"], "step": one["step"] + 1, "people": people, "passed": passed}
