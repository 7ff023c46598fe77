resource "aws_servicecatalog_portfolio" "this" {
  name          = "mlops-conformance-portfolio"
  description   = "More projects."
  provider_name = "Platform"
  tags          = { reviewed = "yes" }
}
