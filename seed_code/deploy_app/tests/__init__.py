"""Unit tests need nothing; integration and stress tests need a deployed endpoint."""
