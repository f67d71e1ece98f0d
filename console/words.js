/** How states are said. Texts name things as the API does, so that what is read here can be looked up there. */

export const MEDIA = /** @type {const} */ (["audio", "video", "content"]);
export const MEDIUM = {audio: "Microphone", video: "Camera", content: "Screen share"};
export const SHORT = {audio: "Mic", video: "Camera", content: "Share"};
export const ROLES = ["host", "cohost", "presenter", "participant", "viewer"];
export const MODES = {
  open: "Everybody sends, viewers excepted",
  presentation: "Presenters and hosts send",
  audience: "Only hosts send",
  "audio-only": "Everybody speaks; nobody but hosts shows anything",
};
export const EFFECTS = {
  "audio-may-flow": "Their sound flows at once if the microphone was left open.",
  "content-audio-may-flow": "The sound of a screen share still passes.",
  "renegotiation-needed": "Their camera has to be switched off and on.",
  "receive-removed": "They don't receive any more, either.",
  "already-silent": "They were silent already; now this rule says so, too.",
  "nobody-present": "Nobody of this name is here. The rule holds when they join.",
};

/** @param {string} word one of Amazon's four @param {"Send" | "Receive"} direction */
export const allows = (word, direction) => word === "SendReceive" || word === direction;

/**
 * What one medium of a person looks like.
 * @param {import("./store.js").Attendee} attendee @param {"audio" | "video" | "content"} medium
 */
export function stateOf(attendee, medium) {
  const sends = allows(attendee.capabilities[medium], "Send");
  const receives = allows(attendee.capabilities[medium], "Receive");
  const limits = (attendee.limits ?? []).filter((limit) => limit.media.includes(medium));
  const withheld = limits.filter((limit) => limit.withholds === "send");
  const chime = attendee.status === "drifted" ? attendee.found : attendee.confirmed;
  const settled = attendee.status === "applied" || chime?.[medium] === attendee.capabilities[medium];
  return {
    sends, receives, withheld, settling: settled ? "" : attendee.status,
    chime: attendee.status === "drifted" && !settled ? chime?.[medium] : undefined,
    word: sends ? "on" : receives ? "off" : "off, and receives nothing",
  };
}

/**
 * Why sending is withheld, and by whom.
 * @param {import("./store.js").Limit} limit @param {string} [me] who reads it @param {string} [whose] whom it concerns
 */
export function because(limit, me, whose) {
  const who = limit.actor === undefined ? "" : limit.actor === me ? "you" : limit.actor;
  const reason = limit.reason ? `: ${limit.reason}` : "";
  switch (limit.by) {
    case "restriction": return `${limit.liftableBy === "self" ? "own mute" : `muted by ${who}`}${reason}`;
    case "mute-all": return `mute-all${who && ` by ${who}`}${reason}`;
    case "hold": return `on hold${who && ` by ${who}`}${reason}`;
    case "policy": return `not for this role in this mode${only(limit.policies)}`;
    case "grant": return "was never given";
    case "freeze": return "the meeting is frozen";
    case "meeting-feature": return "this meeting has none";
    case "content-needs-video": return "needs the camera's picture";
    case "consent": return `waits for ${me !== undefined && me === whose ? "your" : "their"} consent`;
    case "ban": return "banned";
    default: return limit.by;
  }
}

/** The policies that forbid it; where merely none permits it there is nothing to name. @param {string[]} [policies] */
function only(policies = []) {
  const named = policies.filter((id) => id !== "no-permit");
  return named.length ? ` (${named.join(", ")})` : "";
}

/** `4:31`, `1:02:07`. @param {number} milliseconds */
export function clock(milliseconds) {
  const seconds = Math.max(Math.ceil(milliseconds / 1000), 0);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** @param {string} iso */
export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
}

/** @param {string[]} media */
export function listed(media) {
  return media.map((medium) => MEDIUM[/** @type {"audio"} */ (medium)].toLowerCase()).join(", ").replace(/, ([^,]*)$/, " and $1");
}
