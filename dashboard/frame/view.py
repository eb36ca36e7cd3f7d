"""What app.py hands to the page it runs: the generation, and what of it is looked at."""

from dataclasses import dataclass

import streamlit as st

from chertlog.dashboard.data import Coverage, Generation
from chertlog.dashboard.frame.filters import Filters

_KEY = "_view"


@dataclass(frozen=True)
class View:
    """One run of a page looks at one generation, even if a newer one comes meanwhile."""

    generation: Generation
    coverage: Coverage
    zone: str
    filters: Filters | None = None

    @property
    def chosen(self) -> Filters:
        """The filters, on a page that takes them."""
        if self.filters is None:
            raise LookupError("this page has no filter bar")
        return self.filters


def show(view: View) -> None:
    """Set what the page about to run looks at."""
    st.session_state[_KEY] = view


def current() -> View:
    """What the running page looks at."""
    view: View = st.session_state[_KEY]
    return view
