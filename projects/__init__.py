"""What a platform engineer does to projects that exist: list, unblock, upgrade and delete them."""
