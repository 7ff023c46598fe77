resource "aws_s3_bucket" "shelf" {
  bucket = "mlops-conformance-shelf"
}

resource "aws_s3_bucket_versioning" "shelf" {
  bucket = aws_s3_bucket.shelf.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_object" "this" {
  bucket      = aws_s3_bucket_versioning.shelf.bucket
  key         = "books/one.txt"
  source      = abspath("${path.module}/after.txt")
  source_hash = filemd5("${path.module}/after.txt")
  tags        = { purpose = "conformance" }
}
