output "boundary_arn" {
  description = "Permissions boundary that every role made for a project in this account must carry."
  value       = aws_iam_policy.boundary.arn
}

output "cloudformation_role_arn" {
  description = "Role that CloudFormation deploys the projects' stacks with."
  value       = aws_iam_role.cloudformation.arn
}

output "deploy_role_arn" {
  description = "Role that the deployment pipelines of the DEV account assume."
  value       = aws_iam_role.deploy.arn
}
