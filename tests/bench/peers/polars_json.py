"""polars: scan_ndjson with a schema, streamed to Parquet.

Not done: as read_json; a line that is no JSON fails the whole load, bodies stay text.
"""

import sys

import polars as pl
from fields import TEXTS

HEADERS = pl.Struct({"X-Trace-ID": pl.String, "Retry-After": pl.String})
BODY = {
    name: pl.String
    for name in [
        "success",
        "ok",
        "code",
        "message",
        "retryable",
        "retry_after",
        "status",
        "reason",
        "trace_id",
    ]
}
SCHEMA = {
    **dict.fromkeys(TEXTS, pl.String),
    "http.status": pl.Int32,
    "duration_ms": pl.Float64,
    "response.headers": HEADERS,
    "response.body": pl.Struct({**BODY, "error": pl.Struct(BODY), "outputFields": pl.Struct(BODY)}),
}
log, out = sys.argv[1:]
lines = pl.scan_ndjson(log, schema=SCHEMA, ignore_errors=True)
lines.with_columns(pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ")).sink_parquet(out)
