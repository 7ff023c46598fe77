data "aws_iam_policy_document" "cloudformation_trust" {
  statement {
    sid     = "OnlyCloudFormation"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudformation.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "cloudformation" {
  # --- the endpoint ---------------------------------------------------------------------------------------------------

  statement {
    sid = "ManageEndpoints"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateEndpoint",
      "sagemaker:CreateEndpointConfig",
      "sagemaker:CreateModel",
      "sagemaker:DeleteEndpoint",
      "sagemaker:DeleteEndpointConfig",
      "sagemaker:DeleteModel",
      "sagemaker:DeleteTags",
      "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeEndpointConfig",
      "sagemaker:DescribeModel",
      "sagemaker:ListTags",
      "sagemaker:UpdateEndpoint",
    ]
    resources = [
      "${local._here["sagemaker"]}:endpoint/${local.project}*",
      "${local._here["sagemaker"]}:endpoint-config/${local.project}*",
      "${local._here["sagemaker"]}:model/${local.project}*",
    ]
  }

  # A model package is deployed by its ARN in DEV, where the group's policy has to agree.
  statement {
    sid       = "CreateModelsFromDevPackages"
    actions   = ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"]
    resources = ["${local._dev["sagemaker"]}:model-package/mlops-*/*"]
  }

  statement {
    sid       = "PassTheModelRole"
    actions   = ["iam:PassRole"]
    resources = [local.model_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
  }

  # --- its role -------------------------------------------------------------------------------------------------------

  # Only names that end in -model: a role that ended in -deploy-pipeline would be trusted by every deploy role.
  statement {
    sid       = "MakeModelRolesOnlyInsideTheBoundary"
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = [local.model_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid = "MaintainModelRoles"
    actions = [
      "iam:DeleteRole",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = [local.model_role]
  }

  # --- its alarms and scaling -----------------------------------------------------------------------------------------

  statement {
    sid = "ManageAlarms"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ]
    resources = ["${local._here["cloudwatch"]}:alarm:${local.project}*"]
  }

  # A scalable target's ARN holds an id drawn at random: the namespace narrows it to SageMaker.
  statement {
    sid = "ScaleEndpoints"
    actions = [
      "application-autoscaling:DeleteScalingPolicy",
      "application-autoscaling:DeregisterScalableTarget",
      "application-autoscaling:PutScalingPolicy",
      "application-autoscaling:RegisterScalableTarget",
    ]
    resources = ["${local._here["application-autoscaling"]}:scalable-target/*"]

    condition {
      test     = "StringEquals"
      variable = "application-autoscaling:service-namespace"
      values   = ["sagemaker"]
    }
  }

  # AWS defines no resource for the two describe calls.
  statement {
    sid = "SeeScaling"
    actions = [
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScalingPolicies",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "LetSageMakerScale"
    actions = ["iam:CreateServiceLinkedRole"]
    resources = [
      "${local._iam}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
    ]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["sagemaker.application-autoscaling.amazonaws.com"]
    }
  }
}
