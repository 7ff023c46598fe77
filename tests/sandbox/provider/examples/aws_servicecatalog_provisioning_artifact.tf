resource "aws_s3_bucket" "templates" {
  bucket = "mlops-conformance-artifact"
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
  name        = "mlops-conformance-artifact"
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

resource "aws_servicecatalog_provisioning_artifact" "this" {
  product_id   = aws_servicecatalog_product.shelf.id
  name         = "1.1.0"
  description  = "The second."
  type         = "CLOUD_FORMATION_TEMPLATE"
  template_url = local.template_url
  guidance     = "DEFAULT"
}
