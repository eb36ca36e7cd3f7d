"""Which row of a page is opened: kept in the URL, whether it was chosen by link, chart or keyboard.

A bound select box would put its label into the URL; this one puts the id there.
"""

import streamlit as st


def asked(name: str) -> str:
    """The id in the URL; "" for none."""
    return st.query_params.get(name, "")


def ask(name: str, value: str) -> None:
    """Put an id into the URL, from a callback: the page is drawn anew with it."""
    st.query_params[name] = value


def close(name: str) -> None:
    """Take it out of the URL, as a button's callback."""
    st.query_params.pop(name, None)


def choice(name: str, title: str, labels: dict[str, str], value: str) -> None:
    """A select box over all that could be opened, by id and label."""
    key = f"{name}-choice"
    st.session_state[key] = value

    def changed() -> None:
        ask(name, st.session_state[key])

    st.selectbox(
        title,
        list(labels),
        format_func=lambda each: labels[each],
        key=key,
        on_change=changed,
        label_visibility="collapsed",
    )
