"""Reviews of Terraform plans and of the product template: what a pull request does to each account and each project.

Reads `terraform show -json` of any provider. Imports nothing of the baseline, of CDKTF or of the sandbox.
"""
