import type { AudioVideo, BindOptions } from "./audio-video.js";
import { isOlder } from "./revision.js";

const TOGGLE_MILLISECONDS = 500;

export class Camera {
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
      if (!this.#forgotten && this.open && !this.#audioVideo.hasStartedLocalVideoTile())
        this.#audioVideo.startLocalVideoTile();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}
