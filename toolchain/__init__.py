"""What a fresh machine lacks, and the chores of a release."""
