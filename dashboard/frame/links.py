"""Links between our pages are followed without loading the page anew.

Each is an ordinary link: it can be copied, opened in another tab, followed by keyboard, and without
this module it still works. The browser alone, though, would start another session, and draw
everything from nothing. So a plain click becomes a step in the browser's history, which Streamlit
answers as it answers Back and Forward: the page and every filter are read from the address.
"""

import streamlit as st

_SCRIPT = """
export default function () {
    const follow = (event) => {
        const link = event.target.closest?.('[data-testid="stHtml"] a[href]');
        const plain = !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey
            && !event.altKey && !event.defaultPrevented;
        if (!link || !plain || link.origin !== location.origin) return;
        event.preventDefault();
        const target = new URL(link.href);
        const zone = new URLSearchParams(location.search).get("tz");
        if (zone && !target.searchParams.has("tz")) target.searchParams.set("tz", zone);
        history.pushState(null, "", target);
        dispatchEvent(new PopStateEvent("popstate"));
        document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
    };
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
}
"""


def follow() -> None:
    """Put the listener into the page; it draws nothing."""
    listener = st.components.v2.component("chertlog.links", js=_SCRIPT)
    with st.container(key="links"):
        listener(key="link-listener")
