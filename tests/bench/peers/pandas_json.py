"""pandas: read_json in chunks of 100,000 lines, appended to Parquet through pyarrow.

Not done: as read_json; a line that is no JSON fails the whole load, bodies become text.
"""

import json
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fields import TEXTS

NESTED = ["lines", "response.headers", "response.body"]
COLUMNS = [*TEXTS, "http.status", "duration_ms"]
SCHEMA = pa.schema(
    [
        (name, {"http.status": pa.float64(), "duration_ms": pa.float64()}.get(name, pa.string()))
        for name in COLUMNS + NESTED
    ]
)
log, out = sys.argv[1:]
with pq.ParquetWriter(out, SCHEMA, compression="zstd") as parquet:
    for chunk in pd.read_json(log, lines=True, chunksize=100_000, dtype=False):
        chunk = chunk.reindex(columns=COLUMNS + NESTED)
        for name in NESTED:
            chunk[name] = chunk[name].map(json.dumps, na_action="ignore")
        parquet.write_table(pa.Table.from_pandas(chunk, SCHEMA, preserve_index=False))
