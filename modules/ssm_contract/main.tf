resource "aws_ssm_parameter" "this" {
  for_each = var.parameters

  name        = each.key
  description = each.value.description
  type        = "String"

  # Names and ARNs, no secrets: `insecure_value` lets a reviewer read them in the plan.
  insecure_value = each.value.value
}
