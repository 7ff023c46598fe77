# Beside what AmazonSageMakerFullAccess gives a Studio role.
data "aws_iam_policy_document" "data_scientist" {
  # CreateProject provisions the product with the caller's rights, and Service Catalog makes the project with the
  # launch role's.
  statement {
    sid       = "CreateProjects"
    actions   = ["servicecatalog:DescribeProduct", "servicecatalog:DescribeProvisioningParameters", "servicecatalog:ListLaunchPaths", "servicecatalog:ProvisionProduct"]
    resources = ["arn:${local.partition}:catalog:${local.region}:${local.account_id}:product/${aws_servicecatalog_product.this.id}"]
  }

  # A provisioned product's id is drawn at random; each person reaches only what they made themselves.
  statement {
    sid = "ManageOwnProjects"
    actions = [
      "servicecatalog:CreateProvisionedProductPlan",
      "servicecatalog:DeleteProvisionedProductPlan",
      "servicecatalog:DescribeProvisionedProduct",
      "servicecatalog:DescribeProvisionedProductPlan",
      "servicecatalog:DescribeRecord",
      "servicecatalog:TerminateProvisionedProduct",
      "servicecatalog:UpdateProvisionedProduct",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "servicecatalog:userLevel"
      values   = ["self"]
    }
  }

  # AWS defines no resource for the search.
  statement {
    sid       = "FindProducts"
    actions   = ["servicecatalog:SearchProducts", "servicecatalog:SearchProvisionedProducts"]
    resources = ["*"]
  }

  statement {
    sid = "ManageSageMakerProjects"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateProject",
      "sagemaker:DeleteProject",
      "sagemaker:DescribeProject",
      "sagemaker:UpdateProject",
    ]
    resources = ["${local._here["sagemaker"]}:project/*"]
  }

  # AWS defines no resource for the list.
  statement {
    sid       = "ListSageMakerProjects"
    actions   = ["sagemaker:ListProjects"]
    resources = ["*"]
  }

  # Both repositories of a project: mlops-<project id>-build and -deploy.
  statement {
    sid = "WorkInRepositories"
    actions = [
      "codecommit:BatchGetRepositories",
      "codecommit:GetRepository",
      "codecommit:GitPull",
      "codecommit:GitPush",
    ]
    resources = ["${local._here["codecommit"]}:mlops-*"]
  }

  statement {
    sid = "ReadLogs"
    actions = [
      "logs:DescribeLogStreams",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
    ]
    resources = [
      "${local._here["logs"]}:log-group:/aws/codebuild/mlops-*",
      "${local._here["logs"]}:log-group:/aws/sagemaker/*",
    ]
  }

  statement {
    sid       = "ReadArtefacts"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::mlops-*-artifacts-${local.account_id}", "arn:${local.partition}:s3:::mlops-*-artifacts-${local.account_id}/*"]
  }

  statement {
    sid       = "DecryptArtefacts"
    actions   = ["kms:Decrypt"]
    resources = ["${local._here["kms"]}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns_suffix}"]
    }

    condition {
      test     = "Null"
      variable = "aws:ResourceTag/sagemaker:project-id"
      values   = ["false"]
    }
  }

  statement {
    sid = "ApproveModels"
    actions = [
      "sagemaker:DescribeModelPackage",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:ListModelPackages",
      "sagemaker:UpdateModelPackage",
    ]
    resources = [
      "${local._here["sagemaker"]}:model-package-group/mlops-*",
      "${local._here["sagemaker"]}:model-package/mlops-*/*",
    ]
  }
}

# A manual approval is an action of a stage of a pipeline: its ARN is pipeline/stage/action.
data "aws_iam_policy_document" "approver" {
  statement {
    sid       = "ApproveDeployments"
    actions   = ["codepipeline:PutApprovalResult"]
    resources = ["${local._here["codepipeline"]}:mlops-*-deploy/*/*"]
  }

  statement {
    sid       = "SeeDeployments"
    actions   = ["codepipeline:GetPipeline", "codepipeline:GetPipelineExecution", "codepipeline:GetPipelineState"]
    resources = ["${local._here["codepipeline"]}:mlops-*-deploy"]
  }
}
