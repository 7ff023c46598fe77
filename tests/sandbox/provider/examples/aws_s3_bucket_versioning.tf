resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-versioning"
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.setting.id

  versioning_configuration {
    status = "Enabled"
  }
}
