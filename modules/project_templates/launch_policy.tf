data "aws_iam_policy_document" "launch_trust" {
  statement {
    sid     = "OnlyCloudFormation"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudformation.amazonaws.com"]
    }
  }
}

# Beside the policies that every role has which makes projects.
data "aws_iam_policy_document" "launch" {
  # The launch role of the portfolio has this under the condition that CloudFormation calls on its behalf
  # (aws:CalledVia). AWS sends no such thing for a role that CloudFormation itself assumes, and nobody else does.
  statement {
    sid       = "TagKeys"
    actions   = ["kms:TagResource", "kms:UntagResource"]
    resources = ["arn:${local.partition}:kms:${local.region}:${local.account_id}:key/*"]
  }
}
