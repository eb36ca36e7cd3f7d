"""The page saturation (page.py) and what only it draws."""
