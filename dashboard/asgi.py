"""The server's application: Streamlit's, behind our guard. Run by `streamlit run`; see `server`."""

import streamlit as st
from starlette.middleware import Middleware

from chertlog.dashboard import metrics
from chertlog.dashboard.frame import states
from chertlog.dashboard.security import Guard


def _on_script_error(error: Exception) -> bool:
    """Say a sentence in the page; Streamlit has already put the traceback into the log."""
    metrics.page_failed()
    states.failed()
    return True


metrics.serve_if_wanted()
app = st.App(
    "app.py",
    middleware=[Middleware(Guard, hosts=st.get_option("server.allowedHosts"))],
    on_script_error=_on_script_error,
)
