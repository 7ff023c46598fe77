# SageMaker calls S3 and CloudFormation in the name of whoever creates the project. So a person gets as far as the stack,
# and what is in the stack is made by the launch role: from a template of ours, or not at all.
data "aws_iam_policy_document" "data_scientist" {
  statement {
    sid       = "ListTemplates"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.prefix}*"]
    }
  }

  # Studio tells by the tag which of them it shows.
  statement {
    sid       = "ReadTemplates"
    actions   = ["s3:GetObject", "s3:GetObjectTagging"]
    resources = ["${local.bucket_arn}/${var.prefix}*"]
  }

  statement {
    sid       = "CreateStacksFromTemplates"
    actions   = ["cloudformation:CreateStack"]
    resources = [local.stacks]

    condition {
      test     = "StringLike"
      variable = "cloudformation:TemplateUrl"
      values   = local.template_urls
    }

    condition {
      test     = "ArnEquals"
      variable = "cloudformation:RoleArn"
      values   = [aws_iam_role.launch.arn]
    }
  }

  # An update has no role: CloudFormation goes on with the stack's.
  statement {
    sid       = "UpdateStacksFromTemplates"
    actions   = ["cloudformation:UpdateStack"]
    resources = [local.stacks]

    condition {
      test     = "StringLike"
      variable = "cloudformation:TemplateUrl"
      values   = local.template_urls
    }
  }

  statement {
    sid = "ManageStacks"
    actions = [
      "cloudformation:DeleteStack",
      "cloudformation:DescribeStacks",
      "cloudformation:TagResource",
      "cloudformation:UntagResource",
    ]
    resources = [local.stacks]
  }

  statement {
    sid       = "HandTheLaunchRoleToCloudFormation"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.launch.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["cloudformation.amazonaws.com"]
    }
  }
}
