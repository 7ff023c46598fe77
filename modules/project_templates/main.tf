data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.region
  dns_suffix = data.aws_partition.this.dns_suffix

  bucket_arn = "arn:${local.partition}:s3:::${var.bucket}"
  location   = "s3://${var.bucket}/${var.prefix}"
  domain_arn = "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:domain/${var.domain_id}"

  # SageMaker names the stacks of projects made from S3 templates SP-...
  stacks = "arn:${local.partition}:cloudformation:${local.region}:${local.account_id}:stack/SP-*/*"

  # S3 answers to each of these; which of them Studio sends is not documented.
  template_urls = [
    "https://${var.bucket}.s3.${local.region}.${local.dns_suffix}/${var.prefix}*",
    "https://${var.bucket}.s3.${local.dns_suffix}/${var.prefix}*",
    "https://s3.${local.region}.${local.dns_suffix}/${var.bucket}/${var.prefix}*",
  ]
}

resource "aws_s3_object" "template" {
  for_each = var.releases

  bucket = var.bucket
  key    = "${var.prefix}mlops-project-${each.key}.yaml"
  source = each.value.path

  # `etag` is no MD5 on encrypted objects, so it would show a change in every plan.
  source_hash = filesha256(each.value.path)

  # Studio lists the templates that carry this tag. Projects are updated to the others too.
  tags = each.value.deprecated ? {} : { "sagemaker:studio-visibility" = "true" }
}

# Studio reads the templates from the browser. These are the rules of AWS's sample (sagemaker-custom-project-templates,
# s3_templates/cors-policy.json); what may be done is decided by IAM, which lets nobody write.
resource "aws_s3_bucket_cors_configuration" "this" {
  bucket = var.bucket

  cors_rule {
    allowed_headers = ["*"]
    allowed_methods = ["DELETE", "GET", "HEAD", "POST", "PUT"]
    allowed_origins = ["https://*.sagemaker.aws"]
    expose_headers = [
      "ETag",
      "x-amz-delete-marker",
      "x-amz-id-2",
      "x-amz-request-id",
      "x-amz-server-side-encryption",
      "x-amz-version-id",
    ]
  }
}

resource "aws_iam_role" "launch" {
  name               = "${var.name_prefix}-s3-launch"
  path               = "/mlops/"
  description        = "CloudFormation makes projects from S3 templates with this role."
  assume_role_policy = data.aws_iam_policy_document.launch_trust.json
}

resource "aws_iam_role_policy" "launch" {
  name   = "launch"
  role   = aws_iam_role.launch.name
  policy = data.aws_iam_policy_document.launch.json
}

resource "aws_iam_role_policy_attachment" "launch" {
  for_each = var.launch_policy_arns

  role       = aws_iam_role.launch.name
  policy_arn = each.value
}

resource "aws_iam_policy" "data_scientist" {
  name        = "${var.name_prefix}-s3-templates"
  path        = "/mlops/"
  description = "Create projects from S3 templates."
  policy      = data.aws_iam_policy_document.data_scientist.json
}

resource "aws_iam_role_policy_attachment" "data_scientist" {
  for_each = var.studio_role_arns

  # The name is what follows the last slash of the ARN.
  role       = reverse(split("/", each.value))[0]
  policy_arn = aws_iam_policy.data_scientist.arn
}
