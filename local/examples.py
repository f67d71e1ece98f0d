"""The triggers of the local stack if the configuration has none, to try events at once: docs/triggers.md."""

EXAM_TRIGGERS = [
    {
        "name": "exam-started",
        "pattern": {"source": ["school"], "detail-type": ["ExamStarted"]},
        "command": {
            "command": "mute-all",
            "externalMeetingId": "$.detail.room",
            "media": ["audio", "content"],
            "reason": "exam started",
        },
    },
    {
        "name": "exam-ended",
        "pattern": {"source": ["school"], "detail-type": ["ExamEnded"]},
        "command": {
            "command": "unmute-all",
            "externalMeetingId": "$.detail.room",
            "media": ["audio", "content"],
            "reason": "exam ended",
        },
    },
]
