# Every kind of change that a plan knows, in one. kinds.before.tf is what stands before.

variable "token" {
  type      = string
  sensitive = true
}

resource "aws_s3_bucket" "artifacts" {
  bucket = "mlops-review-artifacts"
  tags   = { purpose = "review" }
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PreprodReads"
      Effect    = "Allow"
      Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject"]
      Resource  = "${aws_s3_bucket.artifacts.arn}/*"
      Principal = { AWS = "arn:aws:iam::222222222222:root" }
    }]
  })
}

resource "aws_s3_bucket" "renamed" {
  bucket = "mlops-review-new-name"
}

removed {
  from = aws_s3_bucket.given_away

  lifecycle {
    destroy = false
  }
}

moved {
  from = aws_s3_bucket.old_address
  to   = aws_s3_bucket.new_address
}

resource "aws_s3_bucket" "new_address" {
  bucket = "mlops-review-moved"
}

import {
  to = aws_s3_bucket.made_by_hand
  id = "mlops-review-made-by-hand"
}

resource "aws_s3_bucket" "made_by_hand" {
  bucket = "mlops-review-made-by-hand"
}

resource "aws_iam_role" "training" {
  name        = "mlops-review-training"
  description = "Trains the models of all projects."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "sagemaker.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role" "serving" {
  name = "mlops-review-serving"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "sagemaker.amazonaws.com" }
    }]
  })
}

data "aws_iam_policy_document" "serving" {
  statement {
    sid       = "AssumeTheServingRole"
    actions   = ["sts:AssumeRole"]
    resources = [terraform_data.create_first.id, aws_iam_role.serving.arn]
  }
}

resource "aws_iam_role_policy" "serving" {
  name   = "serving"
  role   = aws_iam_role.serving.name
  policy = data.aws_iam_policy_document.serving.json
}

resource "aws_ssm_parameter" "token" {
  name  = "/mlops/review/token"
  type  = "SecureString"
  value = var.token
}

resource "aws_ssm_parameter" "drifting" {
  name           = "/mlops/review/drifting"
  type           = "String"
  insecure_value = "as written"
}

resource "terraform_data" "create_first" {
  triggers_replace = "new"

  lifecycle {
    create_before_destroy = true
  }
}

resource "terraform_data" "connection" {
  input = "postgres://mlops:${nonsensitive(var.token)}@database"
}

check "the_bucket_is_named_after_the_review" {
  assert {
    condition     = startswith(aws_s3_bucket.artifacts.bucket, "audit-")
    error_message = "The bucket's name does not begin with audit-."
  }
}

output "bucket" {
  value = aws_s3_bucket.renamed.bucket
}

output "token" {
  value     = var.token
  sensitive = true
}
