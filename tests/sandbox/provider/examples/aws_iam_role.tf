resource "aws_iam_role" "this" {
  name                 = "mlops-conformance"
  path                 = "/mlops/"
  description          = "Trains models."
  max_session_duration = 3600
  tags                 = { purpose = "conformance" }

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["sagemaker.amazonaws.com"] }
    }]
  })
}
