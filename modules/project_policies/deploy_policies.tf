# --- the synthesis, which chooses the model ---------------------------------------------------------------------------

data "aws_iam_policy_document" "deploy_synth" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]

  statement {
    sid       = "FindTheModel"
    actions   = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
    resources = local.model_packages
  }

  # Batch inference is the training repository's pipeline, carried into each account.
  statement {
    sid       = "ReadTheInferencePipeline"
    actions   = ["sagemaker:DescribePipeline"]
    resources = ["${local._here["sagemaker"]}:pipeline/${local.project}-inference"]
  }

  statement {
    sid       = "SeeWhatServesInDev"
    actions   = ["cloudformation:DescribeStacks"]
    resources = ["${local._here["cloudformation"]}:stack/${local.project}-dev/*"]
  }

  statement {
    sid       = "ReadTheContract"
    actions   = ["ssm:GetParameters"]
    resources = ["${local._here["ssm"]}:parameter/mlops/*"]
  }

  # CodePipeline cuts an artifact's name to ten characters in its keys.
  statement {
    sid       = "WriteTheTemplates"
    actions   = ["s3:PutObject"]
    resources = ["${local.pipeline_bucket}/*/SynthOutpu/*", "${local.pipeline_bucket}/cache/deploy-synth/*"]
  }

  statement {
    sid       = "EncryptTheTemplates"
    actions   = ["kms:GenerateDataKey"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = ["${local.pipeline_bucket}*"]
    }
  }
}

# --- the security evaluation, which only reads ------------------------------------------------------------------------

data "aws_iam_policy_document" "deploy_scan" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]
}

# --- the test of what DEV serves --------------------------------------------------------------------------------------

data "aws_iam_policy_document" "deploy_test" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]

  statement {
    sid     = "InvokeTheEndpointInDev"
    actions = ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"]
    resources = [
      "${local._here["sagemaker"]}:endpoint/${local.project}-dev",
      "${local._here["sagemaker"]}:endpoint/${local.project}-dev-serverless",
    ]
  }

  statement {
    sid = "RunTheBatchInDev"
    actions = [
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:StartPipelineExecution",
    ]
    resources = [
      "${local._here["sagemaker"]}:pipeline/${local.project}-dev-inference",
      "${local._here["sagemaker"]}:pipeline/${local.project}-dev-inference/execution/*",
    ]
  }

  statement {
    sid       = "SeeWhatServesInDev"
    actions   = ["cloudformation:DescribeStacks"]
    resources = ["${local._here["cloudformation"]}:stack/${local.project}-dev/*"]
  }

  statement {
    sid       = "FindTheSamplePayload"
    actions   = ["sagemaker:DescribeModelPackage"]
    resources = ["${local._here["sagemaker"]}:model-package/${local.project}/*"]
  }

  statement {
    sid       = "ReadTheSamplePayload"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [local.artifact_bucket, "${local.artifact_bucket}/*"]
  }

  statement {
    sid       = "DecryptTheSamplePayload"
    actions   = ["kms:Decrypt"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = ["${local.artifact_bucket}*"]
    }
  }

  statement {
    sid       = "WriteReports"
    actions   = ["codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"]
    resources = ["${local._here["codebuild"]}:report-group/${local.project}-deploy-test-*"]
  }
}

# --- the deployment pipeline, the only one that deploy roles trust ----------------------------------------------------

data "aws_iam_policy_document" "deploy_pipeline" {
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
    resources = ["${local._here["codecommit"]}:${local.project}-deploy"]
  }

  statement {
    sid       = "RunBuilds"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
    resources = [for kind in ["scan", "synth", "test"] : "${local._here["codebuild"]}:project/${local.project}-deploy-${kind}"]
  }

  statement {
    sid       = "DeployWithTheRolesOfTheAccounts"
    actions   = ["sts:AssumeRole"]
    resources = var.deploy_role_arns
  }

  statement {
    sid       = "AskForApproval"
    actions   = ["sns:Publish"]
    resources = local.notification_topics
  }
}
