/** The customer's own back end, `backend.py`: it creates attendees, and hands out what a page needs. */
export interface Joined {
  gavelUrl: string;
  token: string;
  meeting: { MeetingId: string };
  attendee: { AttendeeId: string; ExternalUserId: string };
  /** No media servers: the local stack has a simulator of Chime's API only. */
  withoutMedia: boolean;
}

export async function join(meetingId: string, user: string, name: string): Promise<Joined> {
  const answer = await fetch("/join", { method: "POST", body: JSON.stringify({ meetingId, user, name }) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error ?? `the back end answers ${answer.status}`);
  return said;
}
