"""The CDK app: one construct per capability, named like its runtime twin under lambdas/."""
