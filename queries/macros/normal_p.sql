-- Two-sided p-value of a standard normal deviate: the complementary error function of Numerical Recipes (erfcc),
-- whose relative error is below 1.2e-7 everywhere.
-- Parameters: z
least(1, 1 / (1 + abs(z) / sqrt(8)) * exp(
    -z * z / 2 - 1.26551223 + 1 / (1 + abs(z) / sqrt(8)) * (
        1.00002368 + 1 / (1 + abs(z) / sqrt(8)) * (
            0.37409196 + 1 / (1 + abs(z) / sqrt(8)) * (
                0.09678418 + 1 / (1 + abs(z) / sqrt(8)) * (
                    -0.18628806 + 1 / (1 + abs(z) / sqrt(8)) * (
                        0.27886807 + 1 / (1 + abs(z) / sqrt(8)) * (
                            -1.13520398 + 1 / (1 + abs(z) / sqrt(8)) * (
                                1.48851587 + 1 / (1 + abs(z) / sqrt(8)) * (
                                    -0.82215223 + 1 / (1 + abs(z) / sqrt(8)) * 0.17087277
                                )
                            )
                        )
                    )
                )
            )
        )
    )
))
