"""The page errors (page.py) and what only it draws."""
