data "aws_iam_policy_document" "launch_trust" {
  statement {
    sid     = "OnlyServiceCatalog"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["servicecatalog.amazonaws.com"]
    }
  }
}

# What only Service Catalog's way of making a project needs.
data "aws_iam_policy_document" "launch" {
  # Service Catalog names the stacks of provisioned products SC-...
  statement {
    sid = "ManageStacksOfProjects"
    actions = [
      "cloudformation:CreateChangeSet",
      "cloudformation:CreateStack",
      "cloudformation:DeleteChangeSet",
      "cloudformation:DeleteStack",
      "cloudformation:DescribeChangeSet",
      "cloudformation:DescribeStackEvents",
      "cloudformation:DescribeStacks",
      "cloudformation:ExecuteChangeSet",
      "cloudformation:SetStackPolicy",
      "cloudformation:TagResource",
      "cloudformation:UntagResource",
      "cloudformation:UpdateStack",
    ]
    resources = ["${local._here["cloudformation"]}:stack/SC-*/*"]
  }

  # AWS defines no resource for these two.
  statement {
    sid       = "ReadTemplates"
    actions   = ["cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate"]
    resources = ["*"]
  }

  # Service Catalog copies templates to a bucket of its own, whose name AWS does not tell; it tags them so.
  statement {
    sid       = "FetchTheTemplateFromServiceCatalog"
    actions   = ["s3:GetObject"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "s3:ExistingObjectTag/servicecatalog:provisioning"
      values   = ["true"]
    }
  }

  # Only through CloudFormation: this role could otherwise tag somebody else's key and then manage it as a project's.
  statement {
    sid       = "TagKeysWhileCloudFormationCreatesThem"
    actions   = ["kms:TagResource", "kms:UntagResource"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "aws:CalledVia"
      values   = ["cloudformation.amazonaws.com"]
    }
  }
}

# What CloudFormation calls to create, update and delete what cfn_product/template.yaml declares. Managed policies, for
# every role that makes projects: this one, and that of modules/project_templates.

# --- what a project keeps ---------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "launch_data" {
  statement {
    sid       = "ReadTheContract"
    actions   = ["ssm:GetParameter", "ssm:GetParameters"]
    resources = ["${local._here["ssm"]}:parameter/mlops/*"]
  }

  statement {
    sid = "ManageBuckets"
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
    resources = [
      "arn:${local.partition}:s3:::mlops-*-artifacts-${local.account_id}",
      "arn:${local.partition}:s3:::mlops-*-pipeline-${local.account_id}",
    ]
  }

  # A key has no ARN before it exists: the project's tag must come with the request.
  statement {
    sid       = "CreateTaggedKeys"
    actions   = ["kms:CreateKey"]
    resources = ["*"]

    condition {
      test     = "Null"
      variable = "aws:RequestTag/sagemaker:project-id"
      values   = ["false"]
    }
  }

  statement {
    sid = "ManageKeysOfProjects"
    actions = [
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:DescribeKey",
      "kms:DisableKeyRotation",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "Null"
      variable = "aws:ResourceTag/sagemaker:project-id"
      values   = ["false"]
    }
  }

  # An alias needs the permission on the alias too.
  statement {
    sid       = "NameKeysOfProjects"
    actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    resources = ["${local._here["kms"]}:alias/mlops-*"]
  }

  # AWS defines no resource for listing aliases.
  statement {
    sid       = "FindAliases"
    actions   = ["kms:ListAliases"]
    resources = ["*"]
  }

  statement {
    sid = "ManageModelPackageGroups"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateModelPackageGroup",
      "sagemaker:DeleteModelPackageGroup",
      "sagemaker:DeleteModelPackageGroupPolicy",
      "sagemaker:DeleteTags",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:GetModelPackageGroupPolicy",
      "sagemaker:ListTags",
      "sagemaker:PutModelPackageGroupPolicy",
    ]
    resources = ["${local._here["sagemaker"]}:model-package-group/mlops-*"]
  }

  statement {
    sid = "ManageImageRepositories"
    actions = [
      "ecr:CreateRepository",
      "ecr:DeleteRepository",
      "ecr:DeleteRepositoryPolicy",
      "ecr:DescribeRepositories",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
      "ecr:PutImageScanningConfiguration",
      "ecr:PutImageTagMutability",
      "ecr:SetRepositoryPolicy",
      "ecr:TagResource",
      "ecr:UntagResource",
    ]
    resources = ["${local._here["ecr"]}:repository/mlops-*"]
  }
}

# --- its repositories, what they are first filled with, and its pipelines ---------------------------------------------

data "aws_iam_policy_document" "launch_apps" {
  statement {
    sid       = "ReadTheSeeds"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:${local.partition}:s3:::${var.template_bucket}/*"]
  }

  statement {
    sid = "ManageRepositories"
    actions = [
      "codecommit:CreateCommit",
      "codecommit:CreateRepository",
      "codecommit:DeleteRepository",
      "codecommit:GetRepository",
      "codecommit:GetRepositoryTriggers",
      "codecommit:ListTagsForResource",
      "codecommit:PutRepositoryTriggers",
      "codecommit:TagResource",
      "codecommit:UntagResource",
      "codecommit:UpdateRepositoryDescription",
      "codecommit:UpdateRepositoryName",
    ]
    resources = ["${local._here["codecommit"]}:mlops-*"]
  }

  # AWS defines no resource for these two lists.
  statement {
    sid       = "FindRepositoriesAndLogs"
    actions   = ["codecommit:ListRepositories", "logs:DescribeLogGroups"]
    resources = ["*"]
  }

  statement {
    sid = "ManagePipelines"
    actions = [
      "codebuild:BatchGetProjects",
      "codebuild:CreateProject",
      "codebuild:DeleteProject",
      "codebuild:UpdateProject",
      "codepipeline:CreatePipeline",
      "codepipeline:DeletePipeline",
      "codepipeline:GetPipeline",
      "codepipeline:GetPipelineState",
      "codepipeline:ListTagsForResource",
      "codepipeline:TagResource",
      "codepipeline:UntagResource",
      "codepipeline:UpdatePipeline",
    ]
    resources = ["${local._here["codebuild"]}:project/mlops-*", "${local._here["codepipeline"]}:mlops-*"]
  }

  statement {
    sid = "ManageRules"
    actions = [
      "events:DeleteRule",
      "events:DescribeRule",
      "events:ListTagsForResource",
      "events:ListTargetsByRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "events:UntagResource",
    ]
    resources = ["${local._here["events"]}:rule/mlops-*"]
  }

  statement {
    sid = "ManageLogs"
    actions = [
      "logs:AssociateKmsKey",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteRetentionPolicy",
      "logs:DisassociateKmsKey",
      "logs:ListTagsForResource",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
    ]
    resources = ["${local._here["logs"]}:log-group:/aws/codebuild/mlops-*"]
  }

  # A subscription's ARN is its topic's and an id.
  statement {
    sid = "ManageTopics"
    actions = [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:GetSubscriptionAttributes",
      "sns:GetTopicAttributes",
      "sns:ListSubscriptionsByTopic",
      "sns:ListTagsForResource",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:Unsubscribe",
      "sns:UntagResource",
    ]
    resources = ["${local._here["sns"]}:mlops-*-notifications", "${local._here["sns"]}:mlops-*-notifications:*"]
  }
}

# --- its roles --------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "launch_roles" {
  statement {
    sid       = "MakeRolesOnlyInsideTheBoundary"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary"]
    resources = [local.project_roles]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = ["${var.project_policies}-boundary"]
    }
  }

  # It writes no policy, it only hands out those that stand in project_policies.
  statement {
    sid       = "GiveRolesTheirPolicies"
    actions   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
    resources = [local.project_roles]

    condition {
      test     = "ArnLike"
      variable = "iam:PolicyARN"
      values   = ["${var.project_policies}-*"]
    }
  }

  statement {
    sid = "MaintainRoles"
    actions = [
      "iam:DeleteRole",
      "iam:GetRole",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = [local.project_roles]
  }

  statement {
    sid       = "GiveRolesToTheServicesTheyAreFor"
    actions   = ["iam:PassRole"]
    resources = [local.project_roles]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["codebuild.amazonaws.com", "codepipeline.amazonaws.com", "events.amazonaws.com"]
    }
  }
}
