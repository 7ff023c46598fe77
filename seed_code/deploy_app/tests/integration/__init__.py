"""Against the stack in DEV, by the pipeline, before anybody is asked to approve. Add your own tests here."""
