"""A folder a page: page.py, run by Streamlit after app.py has drawn the frame around it."""
