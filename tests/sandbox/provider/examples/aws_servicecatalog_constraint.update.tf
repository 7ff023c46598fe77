resource "aws_s3_bucket" "templates" {
  bucket = "mlops-conformance-constraint"
}

resource "aws_s3_object" "template" {
  bucket = aws_s3_bucket.templates.bucket
  key    = "template.json"
  source = abspath("${path.module}/template.json")
}

locals {
  template_url = "https://${aws_s3_object.template.bucket}.s3.eu-west-1.amazonaws.com/${aws_s3_object.template.key}"
}

resource "aws_servicecatalog_product" "shelf" {
  name        = "mlops-conformance-constraint"
  description = "A shelf."
  owner       = "Platform"
  type        = "CLOUD_FORMATION_TEMPLATE"

  provisioning_artifact_parameters {
    name         = "1.0.0"
    description  = "The first."
    type         = "CLOUD_FORMATION_TEMPLATE"
    template_url = local.template_url
  }
}

resource "aws_servicecatalog_portfolio" "one" {
  name          = "mlops-conformance-constraint"
  description   = "Projects."
  provider_name = "Platform"
}

resource "aws_servicecatalog_product_portfolio_association" "placed" {
  portfolio_id = aws_servicecatalog_portfolio.one.id
  product_id   = aws_servicecatalog_product.shelf.id
}

resource "aws_servicecatalog_constraint" "this" {
  portfolio_id = aws_servicecatalog_product_portfolio_association.placed.portfolio_id
  product_id   = aws_servicecatalog_product_portfolio_association.placed.product_id
  type         = "LAUNCH"
  description  = "Made with another role."
  parameters   = jsonencode({ RoleArn = "arn:aws:iam::123456789012:role/launch-more" })
}
