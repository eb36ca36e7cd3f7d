-- Minutes in which a tenant retried so much that they may belong to a retry storm, judged against
-- what is normal for it. Episodes are built from these few rows.
-- Grain: one row per tenant and such a minute.
--
-- tenant_id: caller
-- minute: start of the minute, UTC
-- retries: retries received in it
-- normal_retries: baseline: the trailing median, but at most the low quantile of the longer window
-- normal_spread: robust standard deviation of the baseline, at least that of a Poisson count
-- is_hot: volume, amplification and distance from the baseline are those of a storm
-- is_warm: retries may belong to a storm of which another minute is hot
-- is_slow: the five minutes up to this one may belong to a slow storm
-- is_alarm: the excess of retries has added up to what chance does not explain (CUSUM)
create table store.storm_minute (
    tenant_id varchar,
    minute timestamp not null,
    retries integer not null,
    normal_retries integer not null,
    normal_spread double not null,
    is_hot boolean not null,
    is_warm boolean not null,
    is_slow boolean not null,
    is_alarm boolean not null
);
