"""The account baseline: what each account gets, composed from the accounts file and the Terraform modules."""
