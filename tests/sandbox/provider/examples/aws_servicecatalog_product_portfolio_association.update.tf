resource "aws_s3_bucket" "templates" {
  bucket = "mlops-conformance-placement"
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
  name        = "mlops-conformance-placement"
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
  name          = "mlops-conformance-placement"
  description   = "Projects."
  provider_name = "Platform"
}

resource "aws_servicecatalog_portfolio" "other" {
  name          = "mlops-conformance-other-placement"
  description   = "Projects."
  provider_name = "Platform"
}

resource "aws_servicecatalog_product_portfolio_association" "this" {
  portfolio_id = aws_servicecatalog_portfolio.other.id
  product_id   = aws_servicecatalog_product.shelf.id
}
