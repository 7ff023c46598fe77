variable "dev_account_id" {
  description = "The account whose deployment pipelines may assume the deploy role, and which holds the models and images."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.dev_account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "environment" {
  description = "What this account is to the projects: dev, preprod or prod. Part of every name that the roles may touch."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "preprod", "prod"], var.environment)
    error_message = "The environment is dev, preprod or prod."
  }
}

variable "name_prefix" {
  description = "First part of the names of both roles and of the boundary, such as mlops-demo-prod."
  type        = string
  nullable    = false

  validation {
    # 49 + length("-cloudformation") = 64, the limit of a role name.
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{0,48}$", var.name_prefix))
    error_message = "The prefix has 1 to 49 letters, digits and hyphens: with -cloudformation it is a role name, and those end at 64."
  }
}

variable "pipeline_role_pattern" {
  description = "Path and name of the deployment pipelines' roles in the DEV account, with wildcards. No other role may assume the deploy role."
  type        = string
  nullable    = false
  default     = "mlops/project/mlops-*-deploy-pipeline"

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]+/[a-zA-Z0-9*_-]*-deploy-pipeline$", var.pipeline_role_pattern))
    error_message = "The pattern begins with an IAM path without wildcards and ends in -deploy-pipeline."
  }
}
