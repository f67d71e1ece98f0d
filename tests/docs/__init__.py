"""What the Markdown of the repository says can be followed: links, paths, commands."""
