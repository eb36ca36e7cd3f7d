"""`python -m chertlog.ingest` is the `chertlog` command."""

from chertlog.ingest.cli import main

if __name__ == "__main__":
    main()
