resource "aws_ssm_parameter" "this" {
  name        = "/mlops/conformance"
  type        = "String"
  value       = "after"
  description = "Read by nobody."
  tags        = { purpose = "update" }
}
