/**
 * Keeps a page's `amazon-chime-sdk-js` in step with Gavel. Chime tells a client nothing of its capabilities: the SDK
 * believes that the microphone is open while the server withholds it, and sound would flow the moment it no longer does.
 */
import type { Live } from "./live.js";
import type { Meeting } from "./meeting.js";
import { isProblem } from "./problems.js";
import { isOlder } from "./revision.js";
import type { LiveState, Told } from "./state.js";
import type { AskedToUnmute, Attendee, Capabilities, Effect, Entry, Medium } from "./types.js";

/** What is used of the SDK's `AudioVideoFacade`, version 3. */
export interface AudioVideo {
  realtimeMuteLocalAudio(): void;
  realtimeIsLocalAudioMuted(): boolean;
  realtimeSetCanUnmuteLocalAudio(canUnmute: boolean): void;
  startLocalVideoTile(): number;
  stopLocalVideoTile(): void;
  hasStartedLocalVideoTile(): boolean;
}

export interface BindOptions {
  /** The page's own subscription; without it one is opened, and closed with the binding. */
  live?: Live;
  /**
   * Somebody asks the person to be heard (`unmuteConsent` `required`): show it, and say whether he agrees. Undefined is
   * no answer; the request ends by itself. The signal is aborted when the request is no longer open.
   */
  onConsentRequested?: (request: AskedToUnmute, signal: AbortSignal) => boolean | undefined | Promise<boolean | undefined>;
  /** The person may be heard again, and is muted locally: offer him to unmute. */
  onMayUnmute?: () => void;
  /** He can't be heard any more, whatever the SDK believes. */
  onSilenced?: () => void;
  /** Whether a camera that was on when it was taken away goes on again; by default it does. */
  onCameraBack?: () => boolean | Promise<boolean>;
  /** An answer could not be given, or the SDK refused. Without it, such errors are dropped. */
  onError?: (error: unknown) => void;
  /** Milliseconds between stopping and starting the camera, so that the SDK negotiates twice. */
  toggleMilliseconds?: number;
}

export interface Binding {
  readonly live: Live;
  /** Whether this person may be heard and seen, as far as is known. */
  readonly maySend: { readonly audio: boolean | null; readonly video: boolean | null };
  dispose(): void;
}

/** Nobody is ever unmuted by this: only the person does that. */
export function bindToChime(audioVideo: AudioVideo, meeting: Meeting, attendeeId: string, options: BindOptions = {}): Binding {
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
  readonly #entries = new Set<string>();
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
    for (const entry of message.entries ?? []) this.#mind(entry, message.type === "change");
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
  #mind(entry: Entry, fresh: boolean): void {
    if (this.#entries.has(entry.entryId)) return;
    this.#entries.add(entry.entryId);
    if (!fresh) return;
    for (const { before, after, effects } of changesOf(this.#attendeeId, entry)) {
      if (effects?.includes("audio-may-flow")) this.#microphone.mayFlow(entry.revision);
      const sharesAgain = before && after && sends(before, "video") && !sends(before, "content") && sends(after, "content");
      if (effects?.includes("renegotiation-needed") && !sharesAgain) this.#camera.renegotiate(entry.revision);
    }
  }

  #safely(deed: () => void): void {
    try {
      deed();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}

/** What was withheld is still so until Chime has the change. */
function mayNowSend(attendee: Attendee, medium: Medium, before: boolean | null): boolean {
  return sends(attendee.capabilities, medium) && (attendee.status !== "pending" || before === true);
}

function sends(capabilities: Capabilities, medium: Medium): boolean {
  return ["SendReceive", "Send"].includes(capabilities[medium]);
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

class Microphone {
  readonly #audioVideo: AudioVideo;
  readonly #options: BindOptions;
  /** Whether the server lets his sound through; null while that is not known. */
  open: boolean | null = null;
  #minded = "";

  constructor(audioVideo: AudioVideo, options: BindOptions) {
    this.#audioVideo = audioVideo;
    this.#options = options;
  }

  /** Muted locally both when it is withheld, so that no later moment is too late, and before it may flow again. */
  follow(open: boolean, revision: string): void {
    const before = this.open;
    this.open = open;
    if (open === before) return;
    this.#minded = revision;
    if (!open || before === false) this.#audioVideo.realtimeMuteLocalAudio();
    this.#audioVideo.realtimeSetCanUnmuteLocalAudio(open);
    if (!open) this.#options.onSilenced?.();
    else if (before === false) this.#options.onMayUnmute?.();
  }

  mayFlow(revision: string): void {
    if (!isOlder(this.#minded, revision) && this.#minded !== "") return;
    this.#minded = revision;
    this.#audioVideo.realtimeMuteLocalAudio();
    if (this.open) this.#options.onMayUnmute?.();
  }
}

const TOGGLE_MILLISECONDS = 500;

class Camera {
  readonly #audioVideo: AudioVideo;
  readonly #options: BindOptions;
  open: boolean | null = null;
  #wasOn = false;
  #minded = "";
  #forgotten = false;

  constructor(audioVideo: AudioVideo, options: BindOptions) {
    this.#audioVideo = audioVideo;
    this.#options = options;
  }

  follow(open: boolean, revision: string): void {
    const before = this.open;
    this.open = open;
    if (open === before) return;
    this.#minded = revision;
    if (!open) this.#takeAway();
    else if (before === false) void this.#giveBack();
  }

  /** Others see a camera that was on all the time only after it was stopped and started. */
  renegotiate(revision: string): void {
    if (!isOlder(this.#minded, revision) && this.#minded !== "") return;
    this.#minded = revision;
    if (this.open) void this.#giveBack();
  }

  forget(): void {
    this.#forgotten = true;
  }

  #takeAway(): void {
    this.#wasOn ||= this.#audioVideo.hasStartedLocalVideoTile();
    if (this.#audioVideo.hasStartedLocalVideoTile()) this.#audioVideo.stopLocalVideoTile();
  }

  async #giveBack(): Promise<void> {
    try {
      const isOn = this.#audioVideo.hasStartedLocalVideoTile();
      const back = isOn || (this.#wasOn && (await (this.#options.onCameraBack?.() ?? true)));
      if (!this.open) return;
      this.#wasOn = false;
      if (!back || this.#forgotten) return;
      if (isOn) {
        this.#audioVideo.stopLocalVideoTile();
        await new Promise((resolve) => setTimeout(resolve, this.#options.toggleMilliseconds ?? TOGGLE_MILLISECONDS));
      }
      if (!this.#forgotten && this.open && !this.#audioVideo.hasStartedLocalVideoTile()) this.#audioVideo.startLocalVideoTile();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}

class Consent {
  readonly #audioVideo: AudioVideo;
  readonly #meeting: Meeting;
  readonly #attendeeId: string;
  readonly #options: BindOptions;
  #open: { changeId: string; over: AbortController } | null = null;

  constructor(audioVideo: AudioVideo, meeting: Meeting, attendeeId: string, options: BindOptions) {
    this.#audioVideo = audioVideo;
    this.#meeting = meeting;
    this.#attendeeId = attendeeId;
    this.#options = options;
  }

  follow(request: AskedToUnmute | null): void {
    if (request?.changeId === this.#open?.changeId) return;
    this.forget();
    if (!request) return;
    const over = new AbortController();
    this.#open = { changeId: request.changeId, over };
    void this.#answer(request, over.signal);
  }

  forget(): void {
    this.#open?.over.abort();
    this.#open = null;
  }

  async #answer(request: AskedToUnmute, signal: AbortSignal): Promise<void> {
    try {
      this.#audioVideo.realtimeMuteLocalAudio();
      const accept = request.kind === "muted-first" || (await this.#options.onConsentRequested?.(request, signal));
      if (accept === undefined || signal.aborted) return;
      if (accept) this.#muteForSure();
      await this.#meeting.consent(this.#attendeeId, request.changeId, accept, { signal });
    } catch (error) {
      if (!signal.aborted && !isProblem(error, "no-request")) this.#options.onError?.(error);
    }
  }

  /** What can't be muted must not be answered for. */
  #muteForSure(): void {
    this.#audioVideo.realtimeMuteLocalAudio();
    if (!this.#audioVideo.realtimeIsLocalAudioMuted()) throw new Error("the microphone could not be muted");
  }
}
