output "approver_policy_arn" {
  description = "Policy for those who approve deployments to PREPROD and PROD."
  value       = aws_iam_policy.approver.arn
}

output "data_scientist_policy_arn" {
  description = "Policy that the Studio roles carry."
  value       = aws_iam_policy.data_scientist.arn
}

output "launch_policy_arns" {
  description = "Policies for a role that CloudFormation makes projects with, by what they are about."
  value = {
    apps  = aws_iam_policy.launch_apps.arn
    data  = aws_iam_policy.launch_data.arn
    roles = aws_iam_policy.launch_roles.arn
  }
}

output "launch_role_arn" {
  description = "Role that Service Catalog makes projects with."
  value       = aws_iam_role.launch.arn
}

output "portfolio_id" {
  description = "Service Catalog portfolio of the projects."
  value       = aws_servicecatalog_portfolio.this.id
}

output "product_id" {
  description = "Service Catalog product that a project is provisioned from."
  value       = aws_servicecatalog_product.this.id
}
