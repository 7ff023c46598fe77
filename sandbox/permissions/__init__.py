"""Permissions, watched: calls are recorded with the role that made them, and put to a simulator of IAM afterwards."""
