-- Histogram of the time to answer. Buckets are the same everywhere, so histograms of any hours and routes
-- add up: below 64 ms one bucket a millisecond, above 32 buckets for each doubling. Half a bucket is
-- at most 1/64 of its lower bound, which bounds the error of a percentile: 1.6 %.
-- Grain: one row per hour, route and bucket with a response.
--
-- hour: start of the hour in which the responses were sent, UTC
-- http_route: route template
-- from_ms: shortest duration in the bucket, ms
-- width_ms: durations from from_ms to from_ms + width_ms - 1 are in it
-- responses: responses
create table store.latency_hour (
    hour timestamp not null,
    http_route varchar,
    from_ms bigint not null,
    width_ms bigint not null,
    responses bigint not null
);
