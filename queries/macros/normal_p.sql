-- Two-sided p-value of a standard normal deviate: the complementary error function of Numerical Recipes (erfcc),
-- whose relative error is below 1.2e-7 everywhere. The list binds t once: each mention would be planned anew.
-- Parameters: z
list_transform([1 / (1 + abs(z) / sqrt(8))], lambda t: least(1, t * exp(
    -z * z / 2 - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (
        -0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (
            -0.82215223 + t * 0.17087277
        ))))
    ))))
)))[1]
