import type { AudioVideo, BindOptions } from "./audio-video.js";
import { isOlder } from "./revision.js";

export class Microphone {
  readonly #audioVideo: AudioVideo;
  readonly #options: BindOptions;
  /** Whether the server lets the user's audio through; null while that is not known. */
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
