"""What surrounds every page: filters, freshness, states, and what app.py hands over."""
