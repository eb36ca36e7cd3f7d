"""The table behind a chart, and its CSV: the same figures, to be read, sorted and taken away.

The CSV is safe for spreadsheets, which run a cell that begins with = + - or @ as a formula.
(Streamlit's own download is not; config.toml turns it off.)
"""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.queries.clean_text import safe_csv


@st.fragment
def behind(
    frame: pd.DataFrame,
    name: str,
    *,
    columns: dict[str, Any] | None = None,
    of: str = "",
) -> None:
    """Offer the figures of a chart as a table and as `name`.csv, folded away.

    `of` says of what, where two of them follow each other. Times stay in UTC. A table is drawn when
    it is opened, without the rest of the page: a page has up to ten, and few are ever looked at.
    """
    label = f"Table and CSV: {of}" if of else "Table and CSV"
    with st.expander(
        label, icon=":material/table_rows:", key=f"behind-{name}", on_change="rerun"
    ) as folded:
        if not folded.open:
            return
        st.dataframe(
            frame,
            hide_index=True,
            height=min(38 + 35 * max(len(frame), 1), 318),
            column_config=columns or {},
            placeholder="–",
            alt=f"Table: {name}",
        )
        st.download_button(
            "Download CSV",
            partial(csv, frame),  # written when somebody clicks
            file_name=f"chertlog-{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv-{name}",
            on_click="ignore",
        )


def csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV in which no text is a formula; times are UTC, missing values empty."""
    return safe_csv(frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f")).encode()
