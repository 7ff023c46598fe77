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
    resources = ["${local._dev["ecr"]}:repository/mlops-*", local.images_of_aws]
  }

  statement {
    sid       = "CaptureAndBatch"
    actions   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = [local.capture_buckets, "${local.capture_buckets}/*"]
  }

  # Key ids are drawn at random. Each key's own policy names the roles that may use it.
  statement {
    sid       = "EncryptCaptureAndBatch"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }
  }

  statement {
    sid = "RunBatchInference"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateModel",
      "sagemaker:CreateProcessingJob",
      "sagemaker:CreateTransformJob",
      "sagemaker:DeleteModel",
      "sagemaker:DescribeModel",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:DescribeTransformJob",
      "sagemaker:StartPipelineExecution",
      "sagemaker:StopProcessingJob",
      "sagemaker:StopTransformJob",
    ]
    resources = concat(
      [for kind in ["model", "processing-job", "transform-job"] : "${local._here["sagemaker"]}:${kind}/${local.project}-*"],
      ["${local._here["sagemaker"]}:pipeline/${local.project}-inference"],
    )
  }

  statement {
    sid       = "CreateModelsFromDevPackages"
    actions   = ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"]
    resources = ["${local._dev["sagemaker"]}:model-package/mlops-*/*"]
  }

  statement {
    sid       = "GiveItselfToJobs"
    actions   = ["iam:PassRole"]
    resources = [local.model_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
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
