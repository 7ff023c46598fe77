resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-ownership"
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.setting.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}
