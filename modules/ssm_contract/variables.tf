variable "parameters" {
  description = "The parameters by their full path below /mlops/, each with its value and one sentence on what it is. Lists are written with commas."
  type        = map(object({ value = string, description = string }))
  nullable    = false

  validation {
    condition     = alltrue([for path in keys(var.parameters) : can(regex("^/mlops(/[a-z0-9_]+)+$", path))])
    error_message = "Every path begins with /mlops/ and has lower-case letters, digits and _ between its slashes; these do not: ${join(", ", [for path in keys(var.parameters) : path if !can(regex("^/mlops(/[a-z0-9_]+)+$", path))])}."
  }

  validation {
    # SSM refuses an empty value, one of more than 4,096 characters (standard tier), and one that looks like a reference.
    condition     = alltrue([for parameter in var.parameters : length(parameter.value) >= 1 && length(parameter.value) <= 4096 && !strcontains(parameter.value, "{{")])
    error_message = "A value has 1 to 4,096 characters and no {{; these are wrong: ${join(", ", [for path, parameter in var.parameters : path if length(parameter.value) < 1 || length(parameter.value) > 4096 || strcontains(parameter.value, "{{")])}."
  }

  validation {
    condition     = alltrue([for parameter in var.parameters : length(parameter.description) >= 1 && length(parameter.description) <= 1024])
    error_message = "Every parameter has a description of 1 to 1,024 characters."
  }
}
