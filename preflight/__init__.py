"""Looks at the accounts of the accounts file, before a deployment and after one, and changes nothing."""
