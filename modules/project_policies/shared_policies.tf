# What every build needs, whatever it builds. Writing artifacts is each build's own: code that runs after the security
# evaluation must not be able to change what was evaluated.
data "aws_iam_policy_document" "every_build" {
  statement {
    sid       = "ReadPipelineArtifacts"
    actions   = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion"]
    resources = [local.pipeline_bucket, "${local.pipeline_bucket}/*"]
  }

  # The context names the bucket whose object it is: the key of another project's bucket is of no use.
  statement {
    sid       = "DecryptPipelineArtifacts"
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
      values   = ["${local.pipeline_bucket}*"]
    }
  }

  statement {
    sid       = "WriteBuildLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local._here["logs"]}:log-group:/aws/codebuild/${local.project}:*"]
  }
}

data "aws_iam_policy_document" "every_pipeline" {
  statement {
    sid = "HandArtifactsOn"
    actions = [
      "s3:GetBucketAcl",
      "s3:GetBucketLocation",
      "s3:GetBucketVersioning",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:PutObject",
    ]
    resources = [local.pipeline_bucket, "${local.pipeline_bucket}/*"]
  }

  statement {
    sid       = "EncryptArtifacts"
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
      values   = ["${local.pipeline_bucket}*"]
    }
  }
}

# An EventBridge rule starts a pipeline.
data "aws_iam_policy_document" "events" {
  statement {
    sid       = "StartThePipelines"
    actions   = ["codepipeline:StartPipelineExecution"]
    resources = ["${local._here["codepipeline"]}:${local.project}-build", "${local._here["codepipeline"]}:${local.project}-deploy"]
  }
}
