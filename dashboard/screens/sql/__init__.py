"""The page sql (page.py) and what only it draws."""
