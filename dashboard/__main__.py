"""`python -m chertlog.dashboard`: serve the dashboard in the foreground."""

from chertlog.dashboard.server import main

if __name__ == "__main__":
    raise SystemExit(main())
