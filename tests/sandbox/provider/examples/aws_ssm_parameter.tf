resource "aws_ssm_parameter" "this" {
  name        = "/mlops/conformance"
  type        = "String"
  value       = "before"
  description = "Read by nobody."
  tags        = { purpose = "conformance" }
}
