output "launch_role_arn" {
  description = "Role that CloudFormation makes projects with. Studio asks for it when a project is created."
  value       = aws_iam_role.launch.arn
}

output "location" {
  description = "Where the templates are, as Studio wants it: s3://<bucket>/<prefix>."
  value       = local.location
}

output "next_step" {
  description = "Command that tells Studio where the templates are. Terraform has no resource for a tag of a domain that it did not make."
  value       = "aws sagemaker add-tags --region ${local.region} --resource-arn ${local.domain_arn} --tags Key=sagemaker:projectS3TemplatesLocation,Value=${local.location}"
}

output "template_urls" {
  description = "URLs of the templates by version, for CreateProject and UpdateProject."
  value = { for version, object in aws_s3_object.template :
  version => "https://${var.bucket}.s3.${local.region}.${local.dns_suffix}/${object.key}" }
}
