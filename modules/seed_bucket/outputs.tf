output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "keys" {
  description = "Keys of the uploaded objects, by the names given in `objects`. Known to exist: whoever reads this waits for the upload."
  value       = { for name, object in aws_s3_object.this : name => object.key }
}

output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}
