"""What runs in the sandbox in the place of what a build finds on AWS."""
