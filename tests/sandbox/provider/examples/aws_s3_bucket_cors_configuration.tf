resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-cors"
}

resource "aws_s3_bucket_cors_configuration" "this" {
  bucket = aws_s3_bucket.setting.id

  cors_rule {
    allowed_headers = ["*"]
    allowed_methods = ["GET", "HEAD"]
    allowed_origins = ["https://*.example.com"]
    expose_headers  = ["ETag"]
  }
}
