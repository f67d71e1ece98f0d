import type { AudioVideo, BindOptions } from "./audio-video.js";
import type { Meeting } from "./meeting.js";
import { isProblem } from "./problems.js";
import { muteForSure } from "./sending.js";
import type { AskedToUnmute } from "./types.js";

export class Consent {
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
      if (accept) muteForSure(this.#audioVideo);
      await this.#meeting.consent(this.#attendeeId, request.changeId, accept, { signal });
    } catch (error) {
      if (!signal.aborted && !isProblem(error, "no-request")) this.#options.onError?.(error);
    }
  }
}
