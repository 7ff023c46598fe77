output "arn_prefix" {
  description = "ARN of the policies, to be followed by -boundary or by a role's kind, such as -build."
  value       = trimsuffix(aws_iam_policy.this["boundary"].arn, "-boundary")
}
