resource "aws_servicecatalog_portfolio" "one" {
  name          = "mlops-conformance-principal"
  description   = "Projects."
  provider_name = "Platform"
}

resource "aws_servicecatalog_principal_portfolio_association" "this" {
  portfolio_id   = aws_servicecatalog_portfolio.one.id
  principal_arn  = "arn:aws:iam::123456789012:role/service-role/scientist"
  principal_type = "IAM"
}
