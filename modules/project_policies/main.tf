data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.region
  dns_suffix = data.aws_partition.this.dns_suffix

  # A project's names all begin so. The id is the one that the role itself is tagged with, so one policy serves every
  # project and reaches none but the role's own. A role without the tag reaches nothing: the variable has no value then.
  project = "mlops-&{aws:PrincipalTag/mlops-project-id}"

  # "arn:aws:sagemaker:eu-west-1:111111111111", to be followed by ":pipeline/..." and the like.
  _here = { for service in [
    "cloudformation", "codebuild", "codecommit", "codepipeline", "ec2", "ecr", "kms", "logs", "sagemaker", "sns", "ssm",
  ] : service => "arn:${local.partition}:${service}:${local.region}:${local.account_id}" }
  _iam = "arn:${local.partition}:iam::${local.account_id}"

  artifact_bucket = "arn:${local.partition}:s3:::${local.project}-artifacts-${local.account_id}"
  pipeline_bucket = "arn:${local.partition}:s3:::${local.project}-pipeline-${local.account_id}"
  data_buckets    = [for name in sort(var.data_bucket_names) : "arn:${local.partition}:s3:::${name}"]

  execution_role = "${local._iam}:role/mlops/project/${local.project}-sagemaker"
  model_packages = [
    "${local._here["sagemaker"]}:model-package-group/${local.project}",
    "${local._here["sagemaker"]}:model-package/${local.project}/*",
  ]
  # The project's own, or one that several share. No name of a project has an underscore.
  notification_topics = ["${local._here["sns"]}:${local.project}-notifications", "${local._here["sns"]}:mlops_*"]

  # AWS's own images stand in accounts of AWS, another one in each Region.
  images_of_aws = "arn:${local.partition}:ecr:${local.region}:*:repository/sagemaker-*"

  policies = {
    boundary        = data.aws_iam_policy_document.boundary.json
    build           = data.aws_iam_policy_document.build.json
    build-pipeline  = data.aws_iam_policy_document.build_pipeline.json
    deploy-pipeline = data.aws_iam_policy_document.deploy_pipeline.json
    deploy-scan     = data.aws_iam_policy_document.deploy_scan.json
    deploy-synth    = data.aws_iam_policy_document.deploy_synth.json
    deploy-test     = data.aws_iam_policy_document.deploy_test.json
    events          = data.aws_iam_policy_document.events.json
    image           = data.aws_iam_policy_document.image.json
    sagemaker       = data.aws_iam_policy_document.sagemaker.json
  }
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name_prefix}-project-${each.key}"
  path        = "/mlops/"
  description = each.key == "boundary" ? "The most that a role of a project can ever do." : "What the ${each.key} role of a project may do, with its own project."
  policy      = each.value
}
