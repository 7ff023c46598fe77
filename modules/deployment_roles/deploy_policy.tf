data "aws_iam_policy_document" "deploy_trust" {
  statement {
    sid     = "OnlyDeploymentPipelinesOfDev"
    actions = ["sts:AssumeRole"]

    # The account, narrowed by the condition: a role named as principal must exist when the policy is saved, and
    # projects come later. aws:PrincipalArn is the role's ARN with its path, never the session's.
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.dev_account_id}:root"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:PrincipalArn"
      values   = ["arn:${local.partition}:iam::${var.dev_account_id}:role/${var.pipeline_role_pattern}"]
    }
  }
}

data "aws_iam_policy_document" "deploy" {
  # What a CloudFormation action in mode CREATE_UPDATE calls. It never deletes a stack.
  statement {
    sid = "CreateAndUpdateProjectStacks"
    actions = [
      "cloudformation:CreateStack",
      "cloudformation:DescribeStackEvents",
      "cloudformation:DescribeStacks",
      "cloudformation:TagResource",
      "cloudformation:UntagResource",
      "cloudformation:UpdateStack",
    ]
    resources = ["${local._here["cloudformation"]}:stack/${local.project}/*"]
  }

  statement {
    sid       = "PassTheCloudFormationRole"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.cloudformation.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["cloudformation.amazonaws.com"]
    }
  }

  # The action signs the URL of the template with this role, so the role needs the artifact itself.
  statement {
    sid       = "ReadPipelineArtifacts"
    actions   = ["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion"]
    resources = [local.pipeline_buckets, "${local.pipeline_buckets}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [var.dev_account_id]
    }
  }

  # Key ids are drawn at random, so the ARN ends in a wildcard. Each key's own policy names the roles that may use it.
  statement {
    sid       = "DecryptPipelineArtifacts"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["${local._dev["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }
  }
}
