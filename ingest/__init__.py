"""The only writer: log files in, a published DuckDB database out.

The flow, one step a module:

    files      which files a path names, and how to open them
    sources    is this content new, known, or a known file that grew?
    blocks     bytes to Arrow batches of lines, with number, offset and flaws
    formats    which reader understands a file, by its first lines
    readers/   one SQL text per format: lines to normalised, redacted events
    load       one transaction a batch: events, rejected lines, responses, operations
    publish    checks, copy, fsync, atomic switch of the published generation
    cli        the `chertlog` command
"""
