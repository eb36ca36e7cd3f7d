"""polars: the access log by one regular expression, typed, streamed to Parquet.

Not done: content hash, line numbers, bad lines kept, repeated lines recognised, redaction,
responses, sums, checks, publication.
"""

import sys

import polars as pl

LINE = (
    r'^(?P<client_ip>\S+) - \S+ \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" '
    r'(?P<status>\d+) (?P<bytes>\d+) "[^"]*" "(?P<user_agent>[^"]*)" trace_id=(?P<trace_id>\S+) '
    r'rt=(?P<seconds>\S+) urt="(?P<upstream_seconds>[^"]*)" uaddr="[^"]*" '
    r"retry_after=(?P<retry_after>\S+) tenant=(?P<tenant_id>\S+)$"
)
log, out = sys.argv[1:]
lines = pl.scan_csv(log, has_header=False, separator="\x01", quote_char=None, new_columns=["line"])
fields = lines.select(pl.col("line").str.extract_groups(LINE)).unnest("line")
fields.with_columns(
    pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z"),
    pl.col("status", "bytes").cast(pl.Int32, strict=False),
    pl.col("seconds", "upstream_seconds").cast(pl.Float64, strict=False),
    pl.col("retry_after").cast(pl.Int32, strict=False),
).sink_parquet(out)
