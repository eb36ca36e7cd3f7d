"""Colours, and what they mean; the same meaning has the same colour on every screen.

Retryable is blue, non-retryable orange: the pair that all three colour deficiencies keep apart.
4002 is purple and never stands in one chart with blue. Surfaces have places, not colours. A sign
and a word always go with a colour (`words.mark`).
"""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; all are hex, so that charts and markup can both use them."""

    ink: str
    muted: str
    line: str
    faint: str
    background: str
    retryable: str
    final: str
    unsaid: str
    capacity: str
    worse: str
    better: str


LIGHT = Palette(
    ink="#1b2130",
    muted="#5b6472",
    line="#e2e6ec",
    faint="#f3f5f8",
    background="#ffffff",
    retryable="#2673b0",
    final="#bb4b06",
    unsaid="#667081",
    capacity="#7741b0",
    worse="#b3261e",
    better="#1f7a43",
)
DARK = Palette(
    ink="#e8ebf1",
    muted="#9aa4b5",
    line="#2a313d",
    faint="#1a1f29",
    background="#0f1319",
    retryable="#5aa9e6",
    final="#f08b45",
    unsaid="#8490a3",
    capacity="#a583e0",
    worse="#ff8a80",
    better="#6fcf97",
)


def palette() -> Palette:
    """The colours for the theme that the reader's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT
