resource "aws_s3_bucket" "setting" {
  bucket = "mlops-conformance-policy"
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.setting.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheAccountReads"
      Effect    = "Allow"
      Action    = ["s3:GetObject"]
      Resource  = "${aws_s3_bucket.setting.arn}/*"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
    }]
  })
}
