"""Permissions, watched."""
