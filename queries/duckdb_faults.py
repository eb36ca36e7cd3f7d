"""Faults of the supported DuckDB versions that would make a number wrong, and how they are avoided.

Each has a test in tests/queries/test_duckdb_faults.py that fails once DuckDB has mended it.
"""

# DuckDB 2.0.0 narrows the type of a grouped and ordered sum() over rows that are filtered by an
# uncorrelated scalar subquery, and wraps around: 24 rows of 30 add up to -48.
DISABLE_WRONG_OPTIMIZER = "set disabled_optimizers = 'compressed_materialization'"
