"""The page clients (page.py) and what only it draws."""
