-- Upper end of the Wilson interval of a ratio (95 % unless parameter wilson_z says otherwise);
-- NULL when there were no trials. The list binds z once: each mention would plan a query of its own.
-- Parameters: successes, trials
case when trials > 0 then least(1, list_transform([wilson_z()], lambda z: (
    successes + z * z / 2 + z * sqrt(successes * (trials - successes) / trials + z * z / 4)
) / (trials + z * z))[1]) end
