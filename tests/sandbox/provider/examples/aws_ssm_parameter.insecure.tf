resource "aws_ssm_parameter" "this" {
  name           = "/mlops/conformance/insecure"
  type           = "String"
  insecure_value = "before"
}
