resource "aws_servicecatalog_portfolio" "this" {
  name          = "mlops-conformance-portfolio"
  description   = "Projects."
  provider_name = "Platform"
  tags          = { purpose = "conformance" }
}
