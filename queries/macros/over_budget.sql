-- Retries of a minute that a budget would have refused: those above the share of all attempts that it
-- allows. A decimal, so that sums do not depend on their order.
-- Parameters: retries, first_attempts, share
greatest(0, retries - share / (1 - share) * first_attempts)::decimal(18, 6)
