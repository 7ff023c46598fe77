"""From settings and the approved model to a CloudFormation template for each environment. `build.py` is the way in."""
