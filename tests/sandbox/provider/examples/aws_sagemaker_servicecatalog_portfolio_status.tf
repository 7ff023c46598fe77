resource "aws_sagemaker_servicecatalog_portfolio_status" "this" {
  status = "Enabled"
}
