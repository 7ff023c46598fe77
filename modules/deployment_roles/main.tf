data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.region
  dns_suffix = data.aws_partition.this.dns_suffix

  # "arn:aws:sagemaker:eu-west-1:333333333333", to be followed by ":model/..." and the like.
  _here = { for service in ["application-autoscaling", "cloudformation", "cloudwatch", "ec2", "kms", "logs", "sagemaker", "scheduler"] :
  service => "arn:${local.partition}:${service}:${local.region}:${local.account_id}" }
  _dev = { for service in ["ecr", "kms", "sagemaker"] :
  service => "arn:${local.partition}:${service}:${local.region}:${var.dev_account_id}" }
  _iam = "arn:${local.partition}:iam::${local.account_id}"

  # What a project is called here, mlops-<project id>-<environment>. The environment in the name keeps the roles of one
  # environment away from another's where several share an account, and in DEV away from the project's pipeline roles.
  project    = "mlops-*-${var.environment}"
  model_role = "${local._iam}:role/mlops/project/${local.project}-model"
  # What starts the batch inference on its schedule.
  schedule_role = "${local._iam}:role/mlops/project/${local.project}-schedule"

  # What endpoints captured, and what batch inference reads and writes.
  capture_buckets = "arn:${local.partition}:s3:::${local.project}-capture-${local.account_id}"

  artifact_buckets = "arn:${local.partition}:s3:::mlops-*-artifacts-${var.dev_account_id}"
  # AWS's own images stand in accounts of AWS, another one in each Region.
  images_of_aws    = "arn:${local.partition}:ecr:${local.region}:*:repository/sagemaker-*"
  pipeline_buckets = "arn:${local.partition}:s3:::mlops-*-pipeline-${var.dev_account_id}"
}

resource "aws_iam_role" "deploy" {
  name               = "${var.name_prefix}-deploy"
  path               = "/mlops/"
  description        = "Assumed by the deployment pipelines of ${var.dev_account_id} to deploy to ${var.environment}."
  assume_role_policy = data.aws_iam_policy_document.deploy_trust.json
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.name
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_role" "cloudformation" {
  name               = "${var.name_prefix}-cloudformation"
  path               = "/mlops/"
  description        = "CloudFormation deploys the endpoints of the projects to ${var.environment} with this role."
  assume_role_policy = data.aws_iam_policy_document.cloudformation_trust.json
}

resource "aws_iam_role_policy" "cloudformation" {
  name   = "cloudformation"
  role   = aws_iam_role.cloudformation.name
  policy = data.aws_iam_policy_document.cloudformation.json
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.name_prefix}-boundary"
  path        = "/mlops/"
  description = "The most that a role made for a project in ${var.environment} can ever do."
  policy      = data.aws_iam_policy_document.boundary.json
}
