import type { AudioVideo } from "./audio-video.js";
import type { Capabilities, Medium } from "./types.js";

/** Whether the capabilities let the medium through. */
export function sends(capabilities: Capabilities, medium: Medium): boolean {
  return ["SendReceive", "Send"].includes(capabilities[medium]);
}

/** Before a yes to a request to unmute: what can't be muted must not be answered for. */
export function muteForSure(
  audioVideo: Pick<AudioVideo, "realtimeMuteLocalAudio" | "realtimeIsLocalAudioMuted">,
): void {
  audioVideo.realtimeMuteLocalAudio();
  if (!audioVideo.realtimeIsLocalAudioMuted()) throw new Error("the microphone could not be muted");
}
