# --- the build, which makes and starts the SageMaker pipelines --------------------------------------------------------

data "aws_iam_policy_document" "build" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]

  statement {
    sid = "MakeAndStartPipelines"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreatePipeline",
      "sagemaker:DescribePipeline",
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:ListPipelineExecutions",
      "sagemaker:ListTags",
      "sagemaker:StartPipelineExecution",
      "sagemaker:UpdatePipeline",
    ]
    resources = [
      "${local._here["sagemaker"]}:pipeline/${local.project}-inference",
      "${local._here["sagemaker"]}:pipeline/${local.project}-inference/execution/*",
      "${local._here["sagemaker"]}:pipeline/${local.project}-training",
      "${local._here["sagemaker"]}:pipeline/${local.project}-training/execution/*",
    ]
  }

  statement {
    sid       = "ReadTheRegistry"
    actions   = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
    resources = local.model_packages
  }

  statement {
    sid       = "GiveTheExecutionRoleToPipelines"
    actions   = ["iam:PassRole"]
    resources = [local.execution_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
  }

  statement {
    sid       = "UploadStepsToTheArtifactBucket"
    actions   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = [local.artifact_bucket, "${local.artifact_bucket}/*"]
  }

  statement {
    sid       = "KeepACache"
    actions   = ["s3:PutObject"]
    resources = ["${local.pipeline_bucket}/cache/build/*"]
  }

  # The context names the bucket whose object it is, so the key of another project's bucket is of no use.
  statement {
    sid       = "EncryptInBothBuckets"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = ["${local.artifact_bucket}*", "${local.pipeline_bucket}*"]
    }
  }

  # Jobs in a network are given its ids, which the build reads.
  statement {
    sid     = "FindTheNetwork"
    actions = ["ssm:GetParameter"]
    resources = [
      "${local._here["ssm"]}:parameter/mlops/dev/security_group_ids",
      "${local._here["ssm"]}:parameter/mlops/dev/subnet_ids",
    ]
  }

  statement {
    sid       = "WriteReports"
    actions   = ["codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"]
    resources = ["${local._here["codebuild"]}:report-group/${local.project}-build-*"]
  }
}

# --- the jobs of those pipelines --------------------------------------------------------------------------------------

data "aws_iam_policy_document" "sagemaker" {
  statement {
    sid = "RunJobs"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateModel",
      "sagemaker:CreateProcessingJob",
      "sagemaker:CreateTrainingJob",
      "sagemaker:CreateTransformJob",
      "sagemaker:DeleteModel",
      "sagemaker:DescribeModel",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:DescribeTrainingJob",
      "sagemaker:DescribeTransformJob",
      "sagemaker:ListTags",
      "sagemaker:StopProcessingJob",
      "sagemaker:StopTrainingJob",
      "sagemaker:StopTransformJob",
    ]
    resources = [for kind in ["model", "processing-job", "training-job", "transform-job"] :
    "${local._here["sagemaker"]}:${kind}/${local.project}-*"]
  }

  # A model that a job registers waits: only a person approves.
  statement {
    sid       = "RegisterModelsThatWaitForApproval"
    actions   = ["sagemaker:CreateModelPackage"]
    resources = local.model_packages

    condition {
      test     = "StringEquals"
      variable = "sagemaker:ModelApprovalStatus"
      values   = ["PendingManualApproval"]
    }
  }

  statement {
    sid = "ReadTheRegistry"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:DescribeModelPackage",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:ListModelPackages",
    ]
    resources = local.model_packages
  }

  statement {
    sid       = "GiveItselfToJobs"
    actions   = ["iam:PassRole"]
    resources = [local.execution_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
  }

  statement {
    sid       = "UseTheArtifactBucket"
    actions   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = [local.artifact_bucket, "${local.artifact_bucket}/*"]
  }

  dynamic "statement" {
    for_each = length(local.data_buckets) == 0 ? [] : [local.data_buckets]

    content {
      sid       = "ReadTheData"
      actions   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
      resources = concat(statement.value, [for bucket in statement.value : "${bucket}/*"])
    }
  }

  statement {
    sid       = "UseTheKeysOfTheBuckets"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = concat(["${local.artifact_bucket}*"], [for bucket in local.data_buckets : "${bucket}*"])
    }
  }

  # The service encrypts the disks of jobs by a grant. There is no bucket in it, so the key's tag says whose it is.
  statement {
    sid       = "EncryptDisksOfJobs"
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
    sid       = "SeeTheKeys"
    actions   = ["kms:DescribeKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/sagemaker:project-id"
      values   = ["&{aws:PrincipalTag/mlops-project-id}"]
    }
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local._here["ecr"]}:repository/${local.project}", local.images_of_aws]
  }

  # AWS defines no resource for the registry's token.
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  # The groups are the service's and shared by all jobs of the account; the streams in them are called as the jobs.
  statement {
    sid       = "OpenLogs"
    actions   = ["logs:CreateLogGroup", "logs:DescribeLogStreams"]
    resources = ["${local._here["logs"]}:log-group:/aws/sagemaker/*"]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local._here["logs"]}:log-group:/aws/sagemaker/*:log-stream:${local.project}-*"]
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

# --- the image, when a project builds its own -------------------------------------------------------------------------

data "aws_iam_policy_document" "image" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]

  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = ["${local._here["ecr"]}:repository/${local.project}"]
  }

  # What an image may be built from.
  statement {
    sid       = "PullImagesOfAws"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [local.images_of_aws]
  }

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

# --- the build's pipeline ---------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "build_pipeline" {
  source_policy_documents = [data.aws_iam_policy_document.every_pipeline.json]

  statement {
    sid = "ReadTheRepository"
    actions = [
      "codecommit:CancelUploadArchive",
      "codecommit:GetBranch",
      "codecommit:GetCommit",
      "codecommit:GetUploadArchiveStatus",
      "codecommit:UploadArchive",
    ]
    resources = ["${local._here["codecommit"]}:${local.project}-build"]
  }

  statement {
    sid       = "RunBuilds"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
    resources = ["${local._here["codebuild"]}:project/${local.project}-build", "${local._here["codebuild"]}:project/${local.project}-image"]
  }
}
