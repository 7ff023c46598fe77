# The union of what the roles of a project may do, a little wider where that is shorter: what a role may really do stands
# in its own policy. Whoever gives a role more than that still cannot take it out of its project.
data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "OwnBuckets"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:GetBucketAcl",
      "s3:GetBucketLocation",
      "s3:GetBucketVersioning",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:ListBucket",
      "s3:PutObject",
    ]
    resources = [
      local.artifact_bucket, "${local.artifact_bucket}/*",
      local.pipeline_bucket, "${local.pipeline_bucket}/*",
    ]
  }

  dynamic "statement" {
    for_each = length(local.data_buckets) == 0 ? [] : [local.data_buckets]

    content {
      sid       = "Data"
      actions   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
      resources = [for bucket in statement.value : "${bucket}*"]
    }
  }

  # Through S3 a key is of no use without its bucket; the roles' own policies name the bucket here too.
  statement {
    sid       = "KeysOfBuckets"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }
  }

  statement {
    sid       = "OwnDisks"
    actions   = ["kms:CreateGrant"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/sagemaker:project-id"
      values   = ["&{aws:PrincipalTag/mlops-project-id}"]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }

  statement {
    sid       = "OwnKeys"
    actions   = ["kms:DescribeKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/sagemaker:project-id"
      values   = ["&{aws:PrincipalTag/mlops-project-id}"]
    }
  }

  # Without UpdateModelPackage: no role of a project approves a model. Region and account are left open to save room: the
  # roles are of this account, and their own policies name both.
  statement {
    sid = "Own"
    actions = [
      "cloudformation:DescribeStacks",
      "codebuild:BatchGetBuilds",
      "codebuild:BatchPutTestCases",
      "codebuild:CreateReport",
      "codebuild:CreateReportGroup",
      "codebuild:StartBuild",
      "codebuild:UpdateReport",
      "codecommit:CancelUploadArchive",
      "codecommit:GetBranch",
      "codecommit:GetCommit",
      "codecommit:GetUploadArchiveStatus",
      "codecommit:UploadArchive",
      "codepipeline:StartPipelineExecution",
      "ecr:CompleteLayerUpload",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sagemaker:AddTags",
      "sagemaker:CreateModel",
      "sagemaker:CreateModelPackage",
      "sagemaker:CreatePipeline",
      "sagemaker:CreateProcessingJob",
      "sagemaker:CreateTrainingJob",
      "sagemaker:CreateTransformJob",
      "sagemaker:DeleteModel",
      "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeModel",
      "sagemaker:DescribeModelPackage",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:DescribePipeline",
      "sagemaker:DescribePipelineExecution",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:DescribeTrainingJob",
      "sagemaker:DescribeTransformJob",
      "sagemaker:InvokeEndpoint",
      "sagemaker:ListModelPackages",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:ListPipelineExecutions",
      "sagemaker:ListTags",
      "sagemaker:StartPipelineExecution",
      "sagemaker:StopProcessingJob",
      "sagemaker:StopTrainingJob",
      "sagemaker:StopTransformJob",
      "sagemaker:UpdatePipeline",
    ]
    resources = [for resource in [
      "cloudformation:*:*:stack/${local.project}-dev/*",
      "codebuild:*:*:project/${local.project}-*",
      "codebuild:*:*:report-group/${local.project}-*",
      "codecommit:*:*:${local.project}-*",
      "codepipeline:*:*:${local.project}-*",
      "ecr:*:*:repository/${local.project}",
      "logs:*:*:log-group:/aws/codebuild/${local.project}:*",
      "logs:*:*:log-group:/aws/sagemaker/*:log-stream:${local.project}-*",
      "sagemaker:*:*:*/${local.project}-*",
      "sagemaker:*:*:model-package-group/${local.project}",
      "sagemaker:*:*:model-package/${local.project}/*",
    ] : "arn:${local.partition}:${resource}"]
  }

  statement {
    sid       = "OwnRole"
    actions   = ["iam:PassRole"]
    resources = [local.execution_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
  }

  statement {
    sid     = "Images"
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [
      "${local._here["ecr"]}:repository/${local.project}",
      local.images_of_aws,
    ]
  }

  statement {
    sid       = "DeployRoles"
    actions   = ["sts:AssumeRole"]
    resources = var.deploy_role_arns
  }

  statement {
    sid       = "Contract"
    actions   = ["ssm:GetParameter", "ssm:GetParameters"]
    resources = ["${local._here["ssm"]}:parameter/mlops/*"]
  }

  statement {
    sid       = "LogsOfJobs"
    actions   = ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    resources = ["${local._here["logs"]}:log-group:/aws/sagemaker/*"]
  }

  statement {
    sid       = "OwnTopic"
    actions   = ["sns:Publish"]
    resources = local.notification_topics
  }

  # AWS defines no resource for the registry's token, for metrics and for most of a network's interfaces; the namespace
  # of metrics and the rest are narrowed in the roles' own policies.
  statement {
    sid = "WithoutResource"
    actions = [
      "cloudwatch:PutMetricData",
      "ec2:CreateNetworkInterface",
      "ec2:CreateNetworkInterfacePermission",
      "ec2:DeleteNetworkInterface",
      "ec2:DeleteNetworkInterfacePermission",
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
      "ecr:GetAuthorizationToken",
    ]
    resources = ["*"]
  }
}
