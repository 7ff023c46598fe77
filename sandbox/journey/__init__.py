"""The journey of a model, from "create project" to answers in PROD, as people go it in the sandbox."""
