/**
 * Keeps a page's `amazon-chime-sdk-js` in step with Gavel. Chime tells a client nothing of its capabilities: the SDK
 * believes that the microphone is open while the server withholds it, and sound would flow the moment it no longer does.
 */
import type { AudioVideo, BindOptions } from "./audio-video.js";
import { Camera } from "./camera.js";
import { Consent } from "./consent.js";
import type { Live } from "./live.js";
import type { Meeting } from "./meeting.js";
import { Microphone } from "./microphone.js";
import { sends } from "./sending.js";
import type { LiveState, Told } from "./state.js";
import type { Attendee, Capabilities, Effect, Entry, Medium } from "./types.js";

export interface Binding {
  readonly live: Live;
  /** Whether this user may be heard and seen, as far as is known. */
  readonly maySend: { readonly audio: boolean | null; readonly video: boolean | null };
  dispose(): void;
}

/** Nobody is ever unmuted by this: only the user does that. */
export function bindToChime(
  audioVideo: AudioVideo,
  meeting: Meeting,
  attendeeId: string,
  options: BindOptions = {},
): Binding {
  return new Bound(audioVideo, meeting, attendeeId, options);
}

class Bound implements Binding {
  readonly live: Live;
  readonly #ownLive: boolean;
  readonly #microphone: Microphone;
  readonly #camera: Camera;
  readonly #consent: Consent;
  readonly #attendeeId: string;
  readonly #unsubscribe: () => void;
  readonly #options: BindOptions;
  #known: Attendee | null = null;

  constructor(audioVideo: AudioVideo, meeting: Meeting, attendeeId: string, options: BindOptions) {
    this.#options = options;
    this.#attendeeId = attendeeId;
    this.#microphone = new Microphone(audioVideo, options);
    this.#camera = new Camera(audioVideo, options);
    this.#consent = new Consent(audioVideo, meeting, attendeeId, options);
    this.#ownLive = options.live === undefined;
    this.live = options.live ?? meeting.live();
    this.#unsubscribe = this.live.subscribe((state, message) => this.#safely(() => this.#take(state, message)));
    this.#safely(() => this.#follow(this.live.state));
  }

  get maySend() {
    return { audio: this.#microphone.open, video: this.#camera.open };
  }

  dispose(): void {
    this.#unsubscribe();
    this.#consent.forget();
    this.#camera.forget();
    if (this.#ownLive) this.live.close();
  }

  #take(state: LiveState, message: Told): void {
    this.#follow(state);
    if (message.type === "change") for (const entry of message.entries ?? []) this.#mind(entry);
  }

  #follow(state: LiveState): void {
    const now = state.attendees.get(this.#attendeeId);
    if (!now || now === this.#known) return;
    this.#known = now;
    this.#consent.follow(now.asked ?? null);
    this.#microphone.follow(mayNowSend(now, "audio", this.#microphone.open), now.revision);
    this.#camera.follow(mayNowSend(now, "video", this.#camera.open), now.revision);
  }

  /** Two changes may come as one state: then their effects are all that tells. What was missed is past. */
  #mind(entry: Entry): void {
    for (const { before, after, effects } of changesOf(this.#attendeeId, entry)) {
      if (effects?.includes("audio-may-flow")) this.#microphone.mayFlow(entry.revision);
      const sharesAgain =
        before && after && sends(before, "video") && !sends(before, "content") && sends(after, "content");
      if (effects?.includes("renegotiation-needed") && !sharesAgain) this.#camera.renegotiate(entry.revision);
    }
  }

  #safely(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}

/** What was withheld is still so until Chime has the change. */
function mayNowSend(attendee: Attendee, medium: Medium, before: boolean | null): boolean {
  return sends(attendee.capabilities, medium) && (attendee.status !== "pending" || before === true);
}

interface Changed {
  attendeeId?: string;
  before?: Capabilities;
  after?: Capabilities;
  effects?: Effect[];
}

function changesOf(attendeeId: string, entry: Entry): Changed[] {
  return ((entry["attendees"] ?? []) as Changed[]).filter((one) => one.attendeeId === attendeeId);
}
