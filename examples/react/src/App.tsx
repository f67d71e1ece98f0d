import { Gavel } from "gavel-client";
import { ConsentDialog, GavelProvider, ModerationBanner, Roster, useMe, useMeeting } from "gavel-client/react";
import { useEffect, useMemo, useState, type FormEvent } from "react";
import type { AudioVideoFacade } from "amazon-chime-sdk-js";

import { join, type Joined } from "./backend.js";
import { audioVideoOf } from "./session.js";

export function App() {
  const [joined, setJoined] = useState<Joined | null>(null);
  return joined ? <MeetingPage joined={joined} /> : <JoinPage onJoined={setJoined} />;
}

function JoinPage({ onJoined }: { onJoined: (joined: Joined) => void }) {
  const [problem, setProblem] = useState("");
  const meetingId = new URLSearchParams(location.search).get("meeting") ?? "";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const [meeting, user, name] = ["meeting", "user", "name"].map((field) => String(said.get(field)));
    join(meeting!, user!, name!).then(onJoined, (error) => setProblem(String(error)));
  };
  return (
    <main>
      <h1>Join a meeting</h1>
      <form onSubmit={submit}>
        <p>
          <label>
            Meeting <input name="meeting" required defaultValue={meetingId} />
          </label>
        </p>
        <p>
          <label>
            Your user id <input name="user" required autoFocus />
          </label>
        </p>
        <p>
          <label>
            Your name <input name="name" maxLength={64} dir="auto" />
          </label>
        </p>
        <button>Join</button>
      </form>
      {problem ? <p role="alert">{problem}</p> : null}
    </main>
  );
}

function MeetingPage({ joined }: { joined: Joined }) {
  const { gavelUrl, token, meeting, attendee } = joined;
  const gavel = useMemo(() => new Gavel({ url: gavelUrl, token: () => token }), [gavelUrl, token]);
  const audioVideo = useAudioVideo(joined);
  return (
    <GavelProvider gavel={gavel} meetingId={meeting.MeetingId} attendeeId={attendee.AttendeeId} audioVideo={audioVideo}>
      <main>
        <h1>The meeting</h1>
        <ModerationBanner />
        <ConsentDialog />
        {audioVideo ? <Microphone audioVideo={audioVideo} /> : null}
        <Hand />
        <h2>People</h2>
        <Roster />
      </main>
    </GavelProvider>
  );
}

/** Starts the session, and stops it with the page. */
function useAudioVideo(joined: Joined): AudioVideoFacade | null {
  const [audioVideo, setAudioVideo] = useState<AudioVideoFacade | null>(null);
  useEffect(() => {
    const made = audioVideoOf(joined);
    made.start();
    setAudioVideo(made);
    return () => made.stop();
  }, [joined]);
  return audioVideo;
}

/** The SDK's own state, which the provider keeps in step with Gavel. */
function Microphone({ audioVideo }: { audioVideo: AudioVideoFacade }) {
  const [muted, setMuted] = useState(audioVideo.realtimeIsLocalAudioMuted());
  const [locked, setLocked] = useState(!audioVideo.realtimeCanUnmuteLocalAudio());
  useEffect(() => {
    audioVideo.realtimeSubscribeToMuteAndUnmuteLocalAudio(setMuted);
    const follow = (canUnmute: boolean) => setLocked(!canUnmute);
    audioVideo.realtimeSubscribeToSetCanUnmuteLocalAudio(follow);
    return () => {
      audioVideo.realtimeUnsubscribeToMuteAndUnmuteLocalAudio(setMuted);
      audioVideo.realtimeUnsubscribeToSetCanUnmuteLocalAudio(follow);
    };
  }, [audioVideo]);
  const toggle = () => void (muted ? audioVideo.realtimeUnmuteLocalAudio() : audioVideo.realtimeMuteLocalAudio());
  return (
    <button type="button" disabled={muted && locked} aria-pressed={!muted} onClick={toggle}>
      {muted ? "Microphone is off" : "Microphone is on"}
    </button>
  );
}

function Hand() {
  const { meeting } = useMeeting();
  const { attendee, may } = useMe();
  if (!attendee || !may("raise-hand")) return null;
  const who = { user: attendee.externalUserId };
  const toggle = () => void (attendee.hand ? meeting.lowerHand(who) : meeting.raiseHand(who)).catch(console.error);
  return (
    <button type="button" aria-pressed={attendee.hand !== null} onClick={toggle}>
      {attendee.hand ? "Lower my hand" : "Raise my hand"}
    </button>
  );
}
