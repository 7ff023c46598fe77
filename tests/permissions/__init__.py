"""Who may do what, proved over the policies as they stand in deployed accounts."""
