/** The Chime SDK's session; without media servers, with the SDK's own doubles in the place of the network. */
import {
  ConsoleLogger,
  ContentShareMediaStreamBroker,
  DefaultAudioVideoFacade,
  DefaultContentShareController,
  DefaultDeviceController,
  DefaultMeetingSession,
  LogLevel,
  MeetingSessionConfiguration,
  NoOpAudioVideoController,
  NoOpDeviceController,
  NoOpLogger,
  type AudioVideoFacade,
} from "amazon-chime-sdk-js";

import type { Joined } from "./backend.js";

export function audioVideoOf(joined: Joined): AudioVideoFacade {
  const configuration = new MeetingSessionConfiguration(joined.meeting, joined.attendee);
  return joined.withoutMedia ? doubled(configuration) : real(configuration);
}

function real(configuration: MeetingSessionConfiguration): AudioVideoFacade {
  const logger = new ConsoleLogger("chime", LogLevel.WARN);
  return new DefaultMeetingSession(configuration, logger, new DefaultDeviceController(logger)).audioVideo;
}

/** Everything is the SDK's own code, except that nothing is sent. */
function doubled(configuration: MeetingSessionConfiguration): AudioVideoFacade {
  const controller = new NoOpAudioVideoController(configuration);
  const broker = new ContentShareMediaStreamBroker(new NoOpLogger());
  return new DefaultAudioVideoFacade(
    controller,
    controller.videoTileController,
    controller.realtimeController,
    controller.audioMixController,
    new NoOpDeviceController(),
    new DefaultContentShareController(broker, new NoOpAudioVideoController(configuration), controller),
  );
}
