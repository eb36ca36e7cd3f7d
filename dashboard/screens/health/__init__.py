"""The page health (page.py) and what only it draws."""
