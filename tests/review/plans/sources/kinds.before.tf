# What stands before the change of kinds.tf.

variable "token" {
  type      = string
  sensitive = true
}

resource "aws_s3_bucket" "artifacts" {
  bucket = "mlops-review-artifacts"
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PreprodReads"
      Effect    = "Allow"
      Action    = ["s3:GetObject", "s3:GetObjectVersion"]
      Resource  = "${aws_s3_bucket.artifacts.arn}/*"
      Principal = { AWS = "arn:aws:iam::222222222222:root" }
    }]
  })
}

resource "aws_s3_bucket" "renamed" {
  bucket = "mlops-review-old-name"
}

resource "aws_s3_bucket" "unwanted" {
  bucket = "mlops-review-unwanted"
}

resource "aws_s3_bucket" "given_away" {
  bucket = "mlops-review-given-away"
}

resource "aws_s3_bucket" "old_address" {
  bucket = "mlops-review-moved"
}

resource "aws_iam_role" "training" {
  name        = "mlops-review-training"
  description = "Trains models."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "sagemaker.amazonaws.com" }
    }]
  })
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
  triggers_replace = "old"

  lifecycle {
    create_before_destroy = true
  }
}

resource "terraform_data" "connection" {
  input = "postgres://mlops:${nonsensitive(var.token)}@database"
}

output "bucket" {
  value = aws_s3_bucket.artifacts.bucket
}

output "token" {
  value     = var.token
  sensitive = true
}
