/** Checked by the compiler alone: the SDK's own facade can be bound. */
import type { AudioVideoFacade, MeetingSession } from "amazon-chime-sdk-js";

import { bindToChime, type AudioVideo, type Meeting } from "../src/index.js";

type Assignable<To, From extends To> = From;
export type Facade = Assignable<AudioVideo, AudioVideoFacade>;

export function bound(session: MeetingSession, meeting: Meeting, attendeeId: string) {
  return bindToChime(session.audioVideo, meeting, attendeeId);
}
