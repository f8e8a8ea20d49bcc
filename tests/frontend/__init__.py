"""The pages: that they are built from their source, and what they do in a browser."""
