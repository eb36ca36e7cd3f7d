-- Standard deviations in half the width of the intervals around ratios.
-- Parameters:
parameter_value('wilson_z')
