data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.region
  dns_suffix = data.aws_partition.this.dns_suffix

  # "arn:aws:ecr:eu-west-1:111111111111", to be followed by ":repository/..." and the like.
  _here = { for service in [
    "cloudformation", "codebuild", "codecommit", "codepipeline", "ecr", "events", "kms", "logs", "sagemaker", "sns", "ssm",
  ] : service => "arn:${local.partition}:${service}:${local.region}:${local.account_id}" }
  _iam = "arn:${local.partition}:iam::${local.account_id}"

  project_roles = "${local._iam}:role/mlops/project/mlops-*"

  template_urls = { for version, release in var.releases :
  version => "https://${var.template_bucket}.s3.${local.region}.${local.dns_suffix}/${release.key}" }
}

resource "aws_servicecatalog_portfolio" "this" {
  name          = "${var.name_prefix}-projects"
  description   = "Machine learning projects, created from SageMaker Studio."
  provider_name = var.provider_name
}

resource "aws_servicecatalog_product" "this" {
  name        = "${var.name_prefix}-project"
  description = "A machine learning project: repositories, pipelines, model registry, encrypted buckets, image repository."
  owner       = var.provider_name
  type        = "CLOUD_FORMATION_TEMPLATE"

  provisioning_artifact_parameters {
    name         = var.first_release
    description  = "Release ${var.first_release}."
    type         = "CLOUD_FORMATION_TEMPLATE"
    template_url = local.template_urls[var.first_release]
  }

  # Studio lists the products that carry this tag, under "Organization templates".
  tags = var.visible_in_studio ? { "sagemaker:studio-visibility" = "true" } : {}

  # Each of these arguments forces a new product (terraform-provider-aws#31061), and with it every project would lose
  # its product. The first release is written once; later ones are artifacts of their own.
  lifecycle {
    ignore_changes = [provisioning_artifact_parameters]
  }
}

resource "aws_servicecatalog_provisioning_artifact" "this" {
  for_each = { for version, release in var.releases : version => release if version != var.first_release }

  product_id   = aws_servicecatalog_product.this.id
  name         = each.key
  description  = "Release ${each.key}."
  type         = "CLOUD_FORMATION_TEMPLATE"
  template_url = local.template_urls[each.key]
  active       = true

  # A deprecated release launches no new project; projects that have it can still be updated.
  guidance = each.value.deprecated ? "DEPRECATED" : "DEFAULT"
}

resource "aws_servicecatalog_product_portfolio_association" "this" {
  portfolio_id = aws_servicecatalog_portfolio.this.id
  product_id   = aws_servicecatalog_product.this.id
}

resource "aws_servicecatalog_constraint" "launch" {
  description  = "Projects are made with ${aws_iam_role.launch.name}, not with the rights of whoever creates them."
  portfolio_id = aws_servicecatalog_portfolio.this.id
  product_id   = aws_servicecatalog_product.this.id
  type         = "LAUNCH"
  parameters   = jsonencode({ RoleArn = aws_iam_role.launch.arn })

  # Service Catalog takes constraints only for products that are in the portfolio already.
  depends_on = [
    aws_iam_role_policy.launch,
    aws_iam_role_policy_attachment.launch_apps,
    aws_iam_role_policy_attachment.launch_data,
    aws_iam_role_policy_attachment.launch_roles,
    aws_servicecatalog_product_portfolio_association.this,
  ]
}

resource "aws_servicecatalog_principal_portfolio_association" "this" {
  for_each = var.studio_role_arns

  portfolio_id   = aws_servicecatalog_portfolio.this.id
  principal_arn  = each.value
  principal_type = "IAM"
}

# Lets SageMaker use Service Catalog in this account and Region at all.
resource "aws_sagemaker_servicecatalog_portfolio_status" "this" {
  status = "Enabled"
}

resource "aws_iam_role" "launch" {
  name               = "${var.name_prefix}-launch"
  path               = "/mlops/"
  description        = "Service Catalog makes projects with this role."
  assume_role_policy = data.aws_iam_policy_document.launch_trust.json
}

resource "aws_iam_role_policy" "launch" {
  name   = "launch"
  role   = aws_iam_role.launch.name
  policy = data.aws_iam_policy_document.launch.json
}

resource "aws_iam_policy" "launch_data" {
  name        = "${var.name_prefix}-launch-data"
  path        = "/mlops/"
  description = "Make the buckets, keys, model groups and image repositories of projects."
  policy      = data.aws_iam_policy_document.launch_data.json
}

resource "aws_iam_role_policy_attachment" "launch_data" {
  role       = aws_iam_role.launch.name
  policy_arn = aws_iam_policy.launch_data.arn
}

resource "aws_iam_policy" "launch_apps" {
  name        = "${var.name_prefix}-launch-apps"
  path        = "/mlops/"
  description = "Make the repositories and pipelines of projects."
  policy      = data.aws_iam_policy_document.launch_apps.json
}

resource "aws_iam_role_policy_attachment" "launch_apps" {
  role       = aws_iam_role.launch.name
  policy_arn = aws_iam_policy.launch_apps.arn
}

resource "aws_iam_policy" "launch_roles" {
  name        = "${var.name_prefix}-launch-roles"
  path        = "/mlops/"
  description = "Make the roles of projects, inside their boundary."
  policy      = data.aws_iam_policy_document.launch_roles.json
}

resource "aws_iam_role_policy_attachment" "launch_roles" {
  role       = aws_iam_role.launch.name
  policy_arn = aws_iam_policy.launch_roles.arn
}

resource "aws_iam_policy" "data_scientist" {
  name        = "${var.name_prefix}-data-scientist"
  path        = "/mlops/"
  description = "Create projects, read their artefacts, approve models."
  policy      = data.aws_iam_policy_document.data_scientist.json
}

resource "aws_iam_role_policy_attachment" "data_scientist" {
  for_each = var.studio_role_arns

  # The name is what follows the last slash of the ARN.
  role       = reverse(split("/", each.value))[0]
  policy_arn = aws_iam_policy.data_scientist.arn
}

resource "aws_iam_policy" "approver" {
  name        = "${var.name_prefix}-approver"
  path        = "/mlops/"
  description = "Approve or reject the deployments of projects to PREPROD and PROD."
  policy      = data.aws_iam_policy_document.approver.json
}
