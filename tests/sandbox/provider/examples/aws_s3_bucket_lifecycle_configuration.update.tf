resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-lifecycle"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.setting.id

  rule {
    id     = "forget-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  rule {
    id     = "forget-drafts"
    status = "Disabled"

    filter {
      prefix = "drafts/"
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 3
    }
  }
}
