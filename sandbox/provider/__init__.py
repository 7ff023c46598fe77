"""A stand-in for the Terraform provider hashicorp/aws that talks to an emulator on loopback and to nothing else.

README.md beside this file says what it imitates, what it refuses, and how to add a resource type.
"""
