"""The browser's view of a published database: is something wrong, and what happened to one trace.

A reader: opens generations read-only through `chertlog.queries`, writes nothing, and knows nothing
of how logs are loaded. Started by `python -m chertlog.dashboard`; see `server`.
"""
