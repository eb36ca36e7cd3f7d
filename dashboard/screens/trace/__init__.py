"""The page trace (page.py) and what only it draws."""
