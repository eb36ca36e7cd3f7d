"""The page overview (page.py) and what only it draws."""
