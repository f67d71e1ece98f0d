"""AWS resources as all constructs of Gavel use them: functions, queues, keys, outputs."""
