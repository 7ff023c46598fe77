variable "name" {
  description = "Bucket name: 3 to 63 characters, unique across AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket name has 3 to 63 lower-case letters, digits and hyphens, and starts and ends with a letter or digit."
  }
}

variable "noncurrent_days" {
  description = "Days that an overwritten or deleted version is kept."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "Old versions are kept for a whole number of days, at least 1."
  }
}

variable "objects" {
  description = "Files to upload, by a name of the caller's: object key and local path. Put a hash of the content into the key, so that what was published never changes."
  type        = map(object({ key = string, path = string }))
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for object in var.objects : fileexists(object.path)])
    error_message = "These files do not exist: ${join(", ", [for object in var.objects : object.path if !fileexists(object.path)])}."
  }

  validation {
    condition     = length(distinct([for object in var.objects : object.key])) == length(var.objects)
    error_message = "Two objects have the same key: one would overwrite the other."
  }
}
