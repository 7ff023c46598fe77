"""Programs that are committed to a project's repositories in the place of what takes long. Nothing here is imported."""
