"""One page, one file. Run by Streamlit as scripts, after app.py has drawn the frame around them."""
