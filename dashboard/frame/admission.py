"""Nobody sees anything before they have logged in, if a log-in is configured; and who they are.

Called first by app.py: whatever page a link names, its script does not run before this returns.
"""

import streamlit as st

from chertlog.dashboard import login
from chertlog.dashboard.drawing import markup
from chertlog.dashboard.drawing.theme import Palette


def require(colours: Palette) -> None:
    """Return for those who are let in; for all others say why not, and end the run."""
    allowed = login.configured()
    if allowed is None:
        return
    if not st.user.is_logged_in:
        markup.banner("→", "Log in to see the logs of this installation", [], colours.muted)
        st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    email = st.user.get("email")
    who = str(email or st.user.get("name") or "you")
    if not allowed.admits(str(email) if email else None, st.user.get("email_verified", True)):
        markup.banner(
            "✕",
            f"{who} may not see this dashboard",
            [markup.text("Ask whoever runs it to add your address, or log in as somebody else.")],
            colours.worse,
        )
        st.button("Log out", icon=":material/logout:", on_click=st.logout)
        st.stop()
    with st.sidebar:
        st.text(who)
        st.button("Log out", icon=":material/logout:", type="tertiary", on_click=st.logout)


def who() -> str | None:
    """Who looks, for the record of what was opened; None if nobody says so.

    A proxy that logs people in says it in a header. Whoever can reach the port without the proxy
    could write that header too: it is no proof, and lets nobody in.
    """
    if login.configured() is not None:
        return str(st.user.get("email") or st.user.get("name") or "") or None
    named = st.context.headers.get("X-Forwarded-Email")
    return f"{named} (says the proxy)" if named else None
