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
      "sagemaker:DescribeModel",
      "sagemaker:ListTags",
      "sagemaker:UpdateEndpoint",
      "sagemaker:UpdateEndpointWeightsAndCapacities",
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

  statement {
    sid       = "PassTheScheduleRole"
    actions   = ["iam:PassRole"]
    resources = [local.schedule_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["scheduler.amazonaws.com"]
    }
  }

  # --- its role -------------------------------------------------------------------------------------------------------

  # Only names that end in -model and -schedule: a role that ended in -deploy-pipeline would be trusted by every deploy role.
  statement {
    sid       = "MakeModelRolesOnlyInsideTheBoundary"
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = [local.model_role, local.schedule_role]

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
    resources = [local.model_role, local.schedule_role]
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

  # Target tracking makes its own alarms, with the rights of who puts the scaling policy.
  statement {
    sid       = "ManageAlarmsOfScaling"
    actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]
    resources = ["${local._here["cloudwatch"]}:alarm:TargetTracking-endpoint/${local.project}*"]
  }

  # Of every name: after scaling, an endpoint's configuration has one that SageMaker drew
  # (aws-controllers-k8s/community#2110).
  statement {
    sid       = "SeeConfigurations"
    actions   = ["sagemaker:DescribeEndpointConfig"]
    resources = ["${local._here["sagemaker"]}:endpoint-config/*"]
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

  # The namespace is no key of these.
  statement {
    sid = "TagScaling"
    actions = [
      "application-autoscaling:ListTagsForResource",
      "application-autoscaling:TagResource",
      "application-autoscaling:UntagResource",
    ]
    resources = ["${local._here["application-autoscaling"]}:scalable-target/*"]
  }

  # AWS defines no resource for the describe calls.
  statement {
    sid = "SeeScaling"
    actions = [
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScheduledActions",
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

  # --- what it captures, and batch inference --------------------------------------------------------------------------

  # A key has no ARN before it exists: it has to be tagged for this environment as it is made. All else about a key
  # stands in its own policy, which names this role.
  statement {
    sid       = "CreateTaggedKeys"
    actions   = ["kms:CreateKey", "kms:TagResource"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/sagemaker:deployment-stage"
      values   = [var.environment]
    }
  }

  statement {
    sid = "ManageCaptureBuckets"
    actions = [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ]
    resources = [local.capture_buckets]
  }

  statement {
    sid = "ManageInferencePipelines"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreatePipeline",
      "sagemaker:DeletePipeline",
      "sagemaker:DeleteTags",
      "sagemaker:DescribePipeline",
      "sagemaker:ListTags",
      "sagemaker:UpdatePipeline",
    ]
    resources = ["${local._here["sagemaker"]}:pipeline/${local.project}-inference"]
  }

  statement {
    sid = "ManageSchedules"
    actions = [
      "scheduler:CreateSchedule",
      "scheduler:DeleteSchedule",
      "scheduler:GetSchedule",
      "scheduler:UpdateSchedule",
    ]
    resources = ["${local._here["scheduler"]}:schedule/default/${local.project}-inference"]
  }
}
