"""Clients: whose client makes things worse when a request fails, and what do we write to them?

Judged over everything loaded. The URL reproduces it: the filters, and client=TENANT for the client
that is opened.
"""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import behind, opened, states, view
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.screens.clients import client_card, conduct_words

_CLIENT = "client"
_MOST_ROWS = 25


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    clients = data.frame(shown.generation, "clients")
    if chosen.tenant:
        clients = clients[clients["tenant_id"] == chosen.tenant]
    if clients.empty:
        states.no_match(chosen)
        return
    client = _opened(clients)
    asked = opened.asked(_CLIENT)
    if asked:
        # Who comes by a link to a client wants that client; all others follow.
        labels = {row["tenant_id"]: _label(row) for row in clients.to_dict("records")}
        with st.container(horizontal=True, vertical_alignment="center"):
            opened.choice(_CLIENT, "Client opened", labels, client["tenant_id"])
            st.button(
                "All clients", icon=":material/arrow_back:", on_click=opened.close, args=(_CLIENT,)
            )
        if client["tenant_id"] != asked:
            st.text("The client that this link names is not among these:")
            st.code(asked[:200], language=None)
        client_card.draw(client, shown, colours)
        panel("All clients")
    st.caption(_scope(clients))
    _cards(clients, chosen)
    with st.container(border=True):
        _table(clients, client["tenant_id"], chosen, colours)
    if not asked:
        panel("The gravest case")
        client_card.draw(client, shown, colours)


def _scope(clients: pd.DataFrame) -> str:
    first, last = clients["first_hour"].min(), clients["last_hour"].max()
    until = f" to {words.day(last)}" if last.date() != first.date() else ""
    return (
        f"Judged over everything loaded, {words.day(first)}{until}: the filters by time, surface "
        "and retryability do not apply here. What HubSpot and Slack repeat by their own rules is "
        "not held against the customer. A share is a fault only if it is surely over its limit."
    )


def _cards(clients: pd.DataFrame, chosen: Filters) -> None:
    total = clients["retries"].sum()
    with st.grid(4, min_column_width=165, border=True, key="cards") as cards:
        for verdict in conduct_words.VERDICTS:
            mine = clients[clients["verdict"] == verdict]
            share = mine["retries"].sum() / total if total else None
            with cards.cell():
                st.metric(
                    f"{conduct_words.sign(verdict)} {verdict[0].upper()}{verdict[1:]}",
                    words.number(len(mine)),
                    help=conduct_words.meaning(verdict),
                )
                conditions = [f"verdict = {behind.quoted(verdict)}"]
                if chosen.tenant:
                    conditions.append(f"tenant_id = {behind.quoted(chosen.tenant)}")
                target = behind.rows("client_conduct", conditions, order="retries")
                retries = words.number(mine["retries"].sum())
                markup.note(f"{retries} retries, {words.percent(share, 0)} of all", "", target)


def _opened(clients: pd.DataFrame) -> dict[Any, Any]:
    """The client that the URL asks for, else the gravest case."""
    found = clients[clients["tenant_id"] == opened.asked(_CLIENT)]
    return dict((clients if found.empty else found).iloc[0].items())


def _label(client: dict[Any, Any]) -> str:
    return f"{client['tenant_id']} · {conduct_words.grade(client['grade'])} · {client['verdict']}"


def _table(clients: pd.DataFrame, here: str, chosen: Filters, colours: Palette) -> None:
    panel("Clients", "gravest first; the name opens a client")
    drawn = clients.head(_MOST_ROWS).to_dict("records")
    rows = [_row(client, client["tenant_id"] == here, chosen, colours) for client in drawn]
    markup.table(_COLUMNS, rows, caption="Clients, gravest first")
    if len(clients) > _MOST_ROWS:
        st.caption(f"{words.count(len(clients) - _MOST_ROWS, 'more client')} in the table.")
    tables.behind(clients, "clients")


def _row(client: dict[Any, Any], is_here: bool, chosen: Filters, colours: Palette) -> list[str]:
    verdict, tenant = client["verdict"], client["tenant_id"]
    return [
        markup.link(tenant, chosen.link(client=tenant))
        + (markup.here(" ◂ opened") if is_here else ""),
        markup.strong(conduct_words.grade(client["grade"])),
        markup.text(
            f"{conduct_words.sign(verdict)} {verdict}", conduct_words.tint(verdict, colours)
        ),
        markup.text(conduct_words.findings(client["findings"])),
        markup.text(words.number(client["responses"])),
        markup.text(words.number(client["retries"])),
        markup.text(f"{client['amplification']:.3f}"),
        markup.link(_storms(client), f"storms{chosen.link(tenant=tenant, range='all')}")
        if client["storms"] or client["herds"]
        else markup.text("0"),
    ]


def _storms(client: dict[Any, Any]) -> str:
    """Herds apart: they are no misconduct."""
    herds = words.count(client["herds"], "herd") if client["herds"] else ""
    storms = words.number(client["storms"]) if client["storms"] or not herds else ""
    return " + ".join(part for part in (storms, herds) if part)


_COLUMNS = [
    ("Tenant", "f x"),
    ("Grade", "w"),
    ("Verdict", "w"),
    ("Findings, gravest first", "m"),
    ("Responses", "n"),
    ("Retries", "n"),
    ("Amplification", "n"),
    ("Storms", "n"),
]

main()
