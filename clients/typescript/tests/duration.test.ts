import assert from "node:assert/strict";
import { test } from "node:test";

import { DurationError, inSeconds, type Duration } from "../src/index.js";

test("durations are seconds, minutes and hours", () => {
  const said: [Duration, number][] = [
    ["90s", 90],
    ["5m", 300],
    ["1h", 3600],
    ["24h", 86400],
    [1, 1],
    [86400, 86400],
  ];
  for (const [duration, seconds] of said) assert.equal(inSeconds(duration), seconds);
});

test("nonsense is told apart from other errors, before anything is sent", () => {
  const nonsense = [
    "",
    "5",
    "m",
    "5 m",
    "-5m",
    "1.5m",
    "1e3s",
    "5d",
    "0s",
    "25h",
    "5m ",
    0,
    -1,
    1.5,
    86401,
    NaN,
    Infinity,
    null,
  ];
  for (const said of nonsense) assert.throws(() => inSeconds(said as Duration), DurationError, String(said));
});
