# The most that a model's execution role can do. Each project's own role narrows this to its own names.
data "aws_iam_policy_document" "boundary" {
  statement {
    sid       = "ReadModels"
    actions   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
    resources = [local.artifact_buckets, "${local.artifact_buckets}/*"]
  }

  statement {
    sid       = "DecryptModels"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["${local._dev["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local._dev["ecr"]}:repository/mlops-*"]
  }

  # AWS defines no resource for the registry's token.
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "WriteLogs"
    actions = [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
    ]
    resources = ["${local._here["logs"]}:log-group:/aws/sagemaker/*"]
  }

  # AWS defines no resource for metrics: the namespace narrows them.
  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "cloudwatch:namespace"
      values   = ["/aws/sagemaker/*", "AWS/SageMaker"]
    }
  }

  statement {
    sid       = "SeeRollbackAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["${local._here["cloudwatch"]}:alarm:${local.project}*"]
  }

  statement {
    sid = "JoinTheNetwork"
    actions = [
      "ec2:CreateNetworkInterface",
      "ec2:CreateNetworkInterfacePermission",
      "ec2:DeleteNetworkInterface",
      "ec2:DeleteNetworkInterfacePermission",
    ]
    resources = [for kind in ["network-interface", "security-group", "subnet"] : "${local._here["ec2"]}:${kind}/*"]
  }

  # AWS defines no resource for these.
  statement {
    sid = "SeeTheNetwork"
    actions = [
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }
}
