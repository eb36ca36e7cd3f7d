"""The report card of one client: what was found, how it waits, its storms, and what to send it."""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, storm_words, success, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.clients import conduct_charts, conduct_words

Row = dict[Any, Any]

_MOST_STORMS = 8


def draw(client: Row, shown: View, colours: Palette) -> None:
    _verdict(client, colours)
    with st.container(border=True):
        _findings(client, shown, colours)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _waits(client, shown, colours)
        _attempts(client, shown, colours)
    with right:
        with st.container(border=True):
            panel("What to send", "holds nothing of other tenants, and no personal data")
            st.code(client["paragraph"], language=None, wrap_lines=True)
        with st.container(border=True, height="stretch"):
            _storms(client, shown, colours)


def _verdict(client: Row, colours: Palette) -> None:
    verdict = client["verdict"]
    graded = f", grade {client['grade']}" if isinstance(client["grade"], str) else ""
    markup.banner(
        conduct_words.sign(verdict),
        f"{client['tenant_id']}: {verdict}{graded}",
        [markup.text(conduct_words.meaning(verdict))],
        conduct_words.tint(verdict, colours),
    )
    facts = [
        words.count(client["responses"], "response"),
        words.count(client["operations"], "operation"),
        f"{words.number(client['retries'])} retries judged",
        f"{client['amplification']:.3f} attempts an operation",
    ]
    if client["weak_retries"]:
        weak = client["weak_retries"]
        rests = "retry rests" if weak == 1 else "retries rest"
        facts.append(f"{words.number(weak)} {rests} on weak evidence")
    markup.badges([(fact, colours.muted) for fact in facts])


def _findings(client: Row, shown: View, colours: Palette) -> None:
    panel("Report card", "each check that had something to count; examples open the trace")
    found = data.frame(shown.generation, "client_findings", client=client["tenant_id"])
    if found.empty:
        st.text("No check had anything to count: this client met no error that it could retry.")
        return
    rows = [_finding(row, colours) for row in found.to_dict("records")]
    markup.table(_FINDING_COLUMNS, rows, caption="Checks of this client, what was found first")
    tables.behind(found, "client-findings")


def _finding(row: Row, colours: Palette) -> list[str]:
    tint = {"fault": colours.worse, "advice": colours.ink}.get(row["severity"], colours.muted)
    examples = list(row["trace_ids"]) if pd.api.types.is_list_like(row["trace_ids"]) else []
    name = conduct_words.finding(row["finding"])
    return [
        markup.strong(name) if row["found"] else markup.text(name, colours.muted),
        markup.text(conduct_words.severity(row["severity"]), tint),
        markup.strong(f"● {conduct_words.result(row)}")
        if row["found"]
        else markup.text(f"○ {conduct_words.result(row)}", colours.muted),
        markup.text(conduct_words.cases(row)),
        markup.text(conduct_words.figure(row["finding"], row["value"])),
        markup.text(conduct_words.limit(row)),
        " ".join(markup.trace_link(each) for each in examples) or markup.text(words.NONE),
    ]


def _waits(client: Row, shown: View, colours: Palette) -> None:
    panel("Waits against 1, 2 and 4 s", "where the client chooses the wait, or did not heed it")
    steps = data.frame(shown.generation, "client_waits", client=client["tenant_id"])
    if steps.empty:
        st.text("It had no wait to choose: none of its retries followed an error that asks for it.")
        return
    st.echarts_chart(
        conduct_charts.waits(steps, colours),
        height=90 + 38 * len(steps),
        key="client-waits",
        alt="Median waits by step, with what is asked and what passes; the table has them",
    )
    st.caption(
        "Growing: 1, 2, 4 s after errors of ours. Short: a short delay after other errors that "
        "pass. Retries that waited as they were told are not in here."
    )
    tables.behind(
        steps,
        "client-waits",
        columns={"hasty_share": st.column_config.NumberColumn(format="percent")},
    )


def _attempts(client: Row, shown: View, colours: Palette) -> None:
    panel("Success by attempt", "whether trying again helps it")
    attempts = data.frame(shown.generation, "client_attempts", client=client["tenant_id"])
    success.table(attempts, colours)
    tables.behind(attempts, "client-success-by-attempt", columns=success.COLUMNS)


def _storms(client: Row, shown: View, colours: Palette) -> None:
    panel("Its retry storms", "over everything loaded, most costly first")
    storms = data.frame(
        shown.generation,
        "storms",
        start=shown.coverage.first_at,
        end=pd.Timestamp.max.floor("s").to_pydatetime(),
        surfaces=(),
        tenant=client["tenant_id"],
    )
    if storms.empty:
        st.text("None.")
        return
    rows = [
        [
            markup.link(
                words.second(storm["started_at"]),
                f"storms{shown.chosen.link(storm=storm['storm_id'])}",
            ),
            markup.text(
                storm_words.named(storm["verdict"]), storm_words.tint(storm["verdict"], colours)
            ),
            markup.text(words.number(storm["retries"])),
            markup.text(words.number(storm["wasted_attempts"])),
        ]
        for storm in storms.head(_MOST_STORMS).to_dict("records")
    ]
    markup.table(_STORM_COLUMNS, rows, caption="Retry storms of this client")
    if len(storms) > _MOST_STORMS:
        st.caption(f"{words.count(len(storms) - _MOST_STORMS, 'more storm')} in the table.")
    tables.behind(storms, "client-storms")


_FINDING_COLUMNS = [
    ("Check", "f"),
    ("Kind", "w"),
    ("Result", "w"),
    ("Cases", "x"),
    ("Figure", "n"),
    ("Limit", "w"),
    ("Examples", "i"),
]
_STORM_COLUMNS = [
    ("Started (UTC)", "f w"),
    ("Verdict", "w"),
    ("Retries", "n"),
    ("Wasted attempts", "n"),
]
