"""What the templates hold, and what is wrong with settings: no AWS, no credentials."""
