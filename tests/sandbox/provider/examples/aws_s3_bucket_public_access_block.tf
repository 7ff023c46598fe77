resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-public-access"
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.setting.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
