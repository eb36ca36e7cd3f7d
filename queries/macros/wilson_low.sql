-- Lower end of the Wilson interval of a ratio (95 % unless parameter wilson_z says otherwise);
-- NULL when there were no trials.
-- Parameters: successes, trials
case when trials > 0 then greatest(0, (
    successes + wilson_z() * wilson_z() / 2
    - wilson_z() * sqrt(
        successes * (trials - successes) / trials + wilson_z() * wilson_z() / 4
    )
) / (trials + wilson_z() * wilson_z())) end
