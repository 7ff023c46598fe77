variable "first_release" {
  description = "The release that the product was made with, such as 1.0.0. Frozen: it must never change."
  type        = string
  nullable    = false
}

variable "name_prefix" {
  description = "First part of the names of roles, policies, portfolio and product, such as mlops-demo-dev."
  type        = string
  nullable    = false

  validation {
    # 49 + length("-data-scientist") = 64.
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{0,48}$", var.name_prefix))
    error_message = "The prefix has 1 to 49 letters, digits and hyphens."
  }
}

variable "project_policies" {
  description = "ARN of the policies of the projects' roles, to be followed by -boundary or by the kind of a role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.project_policies))
    error_message = "It is the beginning of the ARN of a policy."
  }
}

variable "provider_name" {
  description = "Who offers the projects, as Studio and Service Catalog show it."
  type        = string
  nullable    = false
  default     = "MLOps Foundation"

  validation {
    condition     = length(var.provider_name) >= 1 && length(var.provider_name) <= 50
    error_message = "Service Catalog takes provider names of 1 to 50 characters."
  }
}

variable "releases" {
  description = "Published releases of the product template by version: the template's key in the bucket, and whether new projects may no longer be made from it."
  type        = map(object({ key = string, deprecated = optional(bool, false) }))
  nullable    = false

  validation {
    condition     = alltrue([for version in keys(var.releases) : can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", version))])
    error_message = "A release is called like 1.2.3."
  }

  validation {
    condition     = contains(keys(var.releases), var.first_release)
    error_message = "The first release, ${var.first_release}, is not one of the releases: ${join(", ", keys(var.releases))}."
  }

  validation {
    # It is part of the product, whose arguments all force a new one. So one release is always left to launch.
    condition     = !try(var.releases[var.first_release].deprecated, false)
    error_message = "Release ${var.first_release} came with the product and cannot be deprecated here; the README says how."
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

variable "template_bucket" {
  description = "Bucket that holds the templates of the releases, and the seed archives."
  type        = string
  nullable    = false
}

variable "visible_in_studio" {
  description = "Whether Studio offers the product. If not, the projects that were made from it can still be updated and deleted."
  type        = bool
  nullable    = false
  default     = true
}
