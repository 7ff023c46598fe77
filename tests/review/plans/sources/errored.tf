# A plan that stops half-way.

resource "terraform_data" "planned" {
  input = "before the error"
}

resource "terraform_data" "failing" {
  input = terraform_data.planned.input

  lifecycle {
    precondition {
      condition     = length(terraform_data.planned.input) > 100
      error_message = "The input is too short."
    }
  }
}
