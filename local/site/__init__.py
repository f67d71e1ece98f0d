"""`make docs`: MkDocs builds the web site from the repository's Markdown."""
