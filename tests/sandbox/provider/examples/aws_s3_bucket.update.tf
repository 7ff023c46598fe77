resource "aws_s3_bucket" "this" {
  bucket = "mlops-conformance-bucket"
  tags   = { reviewed = "yes" }
}
