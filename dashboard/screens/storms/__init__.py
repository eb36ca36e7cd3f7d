"""The page storms (page.py) and what only it draws."""
