"""The CDK app: one construct for each capability, with the name of the function under `lambdas/` that it deploys."""
