variable "bucket" {
  description = "Bucket for the templates. It must have no other CORS rules, and nobody but Terraform may write to it."
  type        = string
  nullable    = false

  validation {
    # AmazonSageMakerFullAccess writes to every bucket that is called so: a data scientist could put another template
    # in the place of ours, and have the launch role make it.
    condition     = !can(regex("sagemaker|aws-glue", lower(var.bucket)))
    error_message = "Its name holds neither sagemaker nor aws-glue: Studio's users may write to buckets that are called so."
  }
}

variable "domain_id" {
  description = "Studio domain that shall offer the templates, such as d-abcdefghijkl."
  type        = string
  nullable    = false
}

variable "launch_policy_arns" {
  description = "Policies of whoever makes projects, by what they are about: output launch_policy_arns of project_portfolio."
  type        = map(string)
  nullable    = false
}

variable "name_prefix" {
  description = "First part of the names of roles and policies, such as mlops-demo-dev."
  type        = string
  nullable    = false

  validation {
    # 54 + length("-s3-launch") = 64.
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{0,53}$", var.name_prefix))
    error_message = "The prefix has 1 to 54 letters, digits and hyphens."
  }
}

variable "prefix" {
  description = "What the keys of the templates begin with, ending in a slash. Studio's users may list and read it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-zA-Z0-9_-]+/)+$", var.prefix))
    error_message = "The prefix is one or more names, each followed by a slash, such as templates/."
  }
}

variable "releases" {
  description = "Published releases of the product template by version: local path, and whether Studio no longer offers it."
  type        = map(object({ path = string, deprecated = optional(bool, false) }))
  nullable    = false

  validation {
    condition     = alltrue([for version in keys(var.releases) : can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", version))])
    error_message = "A release is called like 1.2.3."
  }

  validation {
    condition     = alltrue([for release in var.releases : fileexists(release.path)])
    error_message = "These files do not exist: ${join(", ", [for release in var.releases : release.path if !fileexists(release.path)])}."
  }

  validation {
    condition     = anytrue([for release in var.releases : !release.deprecated])
    error_message = "Every release is deprecated, and Studio would have nothing to offer: leave one."
  }
}

variable "studio_role_arns" {
  description = "Execution roles of Studio whose users may create projects."
  type        = set(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.studio_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", arn))])
    error_message = "Each of them is the ARN of a role."
  }
}
