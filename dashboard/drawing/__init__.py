"""What every page draws with: words, colours, markup, tables, charts."""
