-- Exact two-sided p-value of a number of successes: the chance of all outcomes that are no likelier than the one
-- seen (as binom.test of R). For up to some thousand trials; chance lies between 0 and 1.
-- Parameters: successes, trials, chance
least(1, list_sum([
    exp(l)
    for l in [
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * ln(chance) + (trials - k) * ln(1 - chance)
        for k in range(trials::bigint + 1)
    ]
    if l <= lgamma(trials + 1) - lgamma(successes + 1) - lgamma(trials - successes + 1)
        + successes * ln(chance) + (trials - successes) * ln(1 - chance) + 0.0000001
]))
