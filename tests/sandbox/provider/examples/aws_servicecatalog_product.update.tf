resource "aws_s3_bucket" "templates" {
  bucket = "mlops-conformance-product"
}

resource "aws_s3_object" "template" {
  bucket = aws_s3_bucket.templates.bucket
  key    = "template.json"
  source = abspath("${path.module}/template.json")
}

locals {
  template_url = "https://${aws_s3_object.template.bucket}.s3.eu-west-1.amazonaws.com/${aws_s3_object.template.key}"
}

resource "aws_servicecatalog_product" "this" {
  name        = "mlops-conformance-product"
  description = "A shelf of books."
  owner       = "Platform"
  type        = "CLOUD_FORMATION_TEMPLATE"
  tags        = { "sagemaker:studio-visibility" = "false" }

  provisioning_artifact_parameters {
    name         = "1.0.0"
    description  = "The first."
    type         = "CLOUD_FORMATION_TEMPLATE"
    template_url = local.template_url
  }
}
