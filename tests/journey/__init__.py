"""Whole journeys: three deployed accounts, projects from the product on offer, real repositories, builds and models."""
