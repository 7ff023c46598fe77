"""The seed applications, as the repositories that projects get of them."""
