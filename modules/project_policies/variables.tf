variable "data_bucket_names" {
  description = "Buckets of this account, beside the projects' own, that the jobs of every project may read."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "deploy_role_arns" {
  description = "Deploy roles of DEV, PREPROD and PROD, which the deployment pipelines assume."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.deploy_role_arns) > 0 && alltrue([for arn in var.deploy_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", arn))])
    error_message = "Each of them is the ARN of a role, and there is at least one."
  }
}

variable "name_prefix" {
  description = "First part of the policies' names, such as mlops-demo-dev."
  type        = string
  nullable    = false

  validation {
    # 104 + length("-project-deploy-pipeline") = 128, the limit of a policy's name.
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{0,103}$", var.name_prefix))
    error_message = "The prefix has 1 to 104 letters, digits and hyphens."
  }
}
