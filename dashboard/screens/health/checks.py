"""The data checks: what held when this generation was published, and whether it still does."""

import streamlit as st

from chertlog.dashboard.drawing import markup, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.queries.database import connect
from chertlog.queries.errors import ChertlogError
from chertlog.queries.sql_files import SqlFile, read_folder


def draw(shown: View, colours: Palette) -> None:
    """A line for each check; a button tries all of them on the data at hand."""
    found = read_folder("checks")
    panel("Checks", f"{len(found)} statements that must hold before anything is published")
    again = st.button("Try them now", icon=":material/fact_check:", key="checks-now")
    rows = [
        [
            markup.strong(check.name.replace("_", " ")),
            markup.text(check.text),
            _result(check, shown, colours) if again else markup.text("✓ held when published"),
        ]
        for check in found
    ]
    markup.table(_COLUMNS, rows, caption="Data checks")
    if again:
        st.caption("Tried on the generation that this page shows.")


def _result(check: SqlFile, shown: View, colours: Palette) -> str:
    try:
        with connect(shown.generation.path) as db:
            wrong = len(db.rows(f"select 1 from ({check.body}) limit 1000"))
    except ChertlogError as error:
        return markup.text(f"? could not be tried: {error.what}", colours.worse)
    if not wrong:
        return markup.text("✓ holds now", colours.better)
    many = "1,000 rows or more" if wrong == 1000 else words.count(wrong, "row")
    return markup.text(f"✕ {many} against it. To do: {check.tags.get('Next', '')}", colours.worse)


_COLUMNS = [("Check", "f w"), ("What holds", "m"), ("Result", "")]
