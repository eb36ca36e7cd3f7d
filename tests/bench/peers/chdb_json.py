"""ClickHouse, embedded (chdb): JSONEachRow into a MergeTree table sorted by trace.

Not done: as read_json; a line that is no JSON fails the whole load.
"""

import sys

from chdb import session

COLUMNS = """ts DateTime64(6), level LowCardinality(String), event LowCardinality(String),
    service LowCardinality(String), version LowCardinality(String), host LowCardinality(String),
    trace_id String, tenant_id LowCardinality(String), surface LowCardinality(String),
    `http.method` LowCardinality(String), `http.route` LowCardinality(String),
    `http.path` String, `http.user_agent` LowCardinality(String), client_ip String,
    idempotency_key String, body_hash String, `to` String, text String,
    delivery_service LowCardinality(String), internal_code LowCardinality(String), detail String,
    line String, lines String, error_type LowCardinality(String), stack String,
    `http.status` Nullable(UInt16), duration_ms Nullable(Float64), `response.headers` String,
    `response.body` String"""
log, out = sys.argv[1:]
db = session.Session(out)
db.query("create database logs")
db.query(
    f"create table logs.lines ({COLUMNS}) engine = MergeTree order by (trace_id, ts)"
    " settings flatten_nested = 0"
)
db.query(
    f"insert into logs.lines select * from file('{log}', JSONEachRow, $${COLUMNS}$$)"
    " settings date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1,"
    " input_format_json_read_objects_as_strings = 1,"
    " input_format_json_read_arrays_as_strings = 1"
)
print(db.query("select count() from logs.lines"))
db.close()
