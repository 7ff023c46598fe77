output "arns" {
  description = "ARNs of the parameters, by path."
  value       = { for path, parameter in aws_ssm_parameter.this : path => parameter.arn }
}
