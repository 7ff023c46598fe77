resource "aws_iam_policy" "this" {
  name        = "mlops-conformance"
  path        = "/mlops/"
  description = "Bounds what a project may do."
  tags        = { purpose = "conformance" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = "*"
    }]
  })
}
