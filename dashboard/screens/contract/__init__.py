"""The page contract (page.py) and what only it draws."""
