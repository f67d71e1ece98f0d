import "./dom.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";

import { Gavel, type AudioVideo, type Attendee, type Socket, type Told } from "../src/index.js";
import { ConsentDialog, GavelProvider, ModerationBanner, Roster, useAttendee, useMe } from "../src/react/index.js";
import { Api, attendeeOf, BOB, json, meetingOf, MEETING, MUTED, until } from "./fixtures.js";

class Line implements Socket {
  static open: Line[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    Line.open.push(this);
    queueMicrotask(() => this.onopen?.());
  }

  send(): void {}

  close(): void {
    Line.open = Line.open.filter((line) => line !== this);
  }

  says(message: Partial<Told>): void {
    act(() => this.onmessage?.({ data: JSON.stringify({ part: 1, ...message }) }));
  }
}

const ME = { role: "host", attendee: null, may: ["mute", "unmute"] as ("mute" | "unmute")[] };
const BLOCKED: Partial<Attendee> = {
  capabilities: MUTED,
  revision: "p2.m1",
  limits: [
    { media: ["audio"], withholds: "send", by: "restriction", liftableBy: "host", actor: "alice", reason: "noise" },
  ],
} as Partial<Attendee>;

function Probe() {
  const { me, may } = useMe();
  return <data>{`${me?.role} ${may("mute")} ${useAttendee("nobody")}`}</data>;
}

async function page(audioVideo?: AudioVideo) {
  Line.open = [];
  const answer = (request: Request) =>
    request.url.endsWith("/live")
      ? json({ url: "wss://live.example/", ticket: "1", expiresAt: "", cursor: "01" })
      : json({ status: "applied", changeId: "c1", effects: [] });
  const api = new Api([answer], { WebSocket: Line });
  const shown = render(
    <StrictMode>
      <GavelProvider gavel={api.gavel} meetingId={MEETING} attendeeId={BOB} audioVideo={audioVideo}>
        <ModerationBanner />
        <ConsentDialog />
        <Roster />
        <Probe />
      </GavelProvider>
    </StrictMode>,
  );
  await until(() => Line.open.length > 0, "there is a connection");
  const [line] = Line.open;
  line!.says({
    type: "snapshot",
    meeting: meetingOf(),
    me: ME as Told["me"],
    attendees: [attendeeOf()],
    complete: true,
    cursor: "05",
  });
  return { api, shown, line: line! };
}

afterEach(cleanup);

test("a roster that mutes, a banner that says who muted and why, one connection in StrictMode", async () => {
  const { api, line, shown } = await page();
  assert.equal(Line.open.length, 1);
  assert.equal(screen.getByRole("list", { name: "People" }).children.length, 1);
  assert.equal(shown.container.querySelector("data")!.textContent, "host true null");
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Mute bob" })));
  await until(() => api.last.url.includes("/users/bob/mute"), "the command is sent");
  line.says({ type: "change", attendees: [attendeeOf(BLOCKED)] });
  assert.match(screen.getByRole("status").textContent, /Your microphone is blocked: by alice: noise\./);
  screen.getByRole("button", { name: "Unmute bob" });
  act(() => line.onclose?.());
  await until(() => screen.getByRole("status").textContent.includes("No connection"), "what is old is said to be");
  shown.unmount();
  assert.equal(Line.open.length, 0);
});

test("a change of one user renders their line again, and no other", async () => {
  Line.open = [];
  const api = new Api([() => json({ url: "wss://live.example/", ticket: "1", expiresAt: "", cursor: "01" })], {
    WebSocket: Line,
  });
  const rendered: string[] = [];
  const renderName = ({ externalUserId }: Attendee) => {
    rendered.push(externalUserId);
    return externalUserId;
  };
  render(
    <GavelProvider gavel={api.gavel} meetingId={MEETING}>
      <Roster renderName={renderName} />
    </GavelProvider>,
  );
  await until(() => Line.open.length > 0, "there is a connection");
  const carol = attendeeOf({ attendeeId: "c-1", externalUserId: "carol" });
  const [line] = Line.open;
  const me = ME as Told["me"];
  line!.says({ type: "snapshot", meeting: meetingOf(), me, attendees: [attendeeOf(), carol], complete: true });
  assert.deepEqual(new Set(rendered), new Set(["bob", "carol"]));
  rendered.length = 0;
  line!.says({ type: "change", attendees: [attendeeOf(BLOCKED)] });
  assert.deepEqual(rendered, ["bob"]);
  rendered.length = 0;
  line!.says({ type: "change", attendees: [{ ...carol, hand: { raisedAt: "" }, revision: "p2.m1" } as Attendee] });
  assert.deepEqual(rendered, ["carol"]);
  screen.getByText("hand up, place 1");
});

test("people are shown by name, and their ids on demand", async () => {
  const { line, shown } = await page();
  const alice = { externalUserId: "6a1b7c3e-0000-4000-8000-000000000000", attendeeId: "a1", displayName: "Ålice" };
  const asked = { changeId: "c7", actor: alice.externalUserId, kind: "required", until: "", remainingSeconds: 60 };
  const blocked = { ...BLOCKED, limits: [{ ...BLOCKED.limits![0]!, actor: alice.externalUserId }] };
  line.says({
    type: "change",
    attendees: [
      attendeeOf(alice),
      attendeeOf({ ...blocked, displayName: "山田 <b>", asked } as Partial<Attendee>),
      attendeeOf({ externalUserId: "7b1b7c3e-0000-4000-8000-000000000000", attendeeId: "a2" }),
    ],
  });
  const rows = [...screen.getByRole("list", { name: "People" }).querySelectorAll("bdi")];
  assert.deepEqual(rows.map((row) => row.textContent).sort(), ["7b1b7c3e…", "Ålice", "山田 <b>"]);
  assert.equal(rows.find((row) => row.textContent === "Ålice")!.title, alice.externalUserId);
  screen.getByRole("button", { name: "Unmute 山田 <b>" });
  screen.getByRole("alertdialog", { name: "Ålice asks you to unmute" });
  assert.match(screen.getByRole("status").textContent, /blocked: by Ålice: noise/);
  shown.unmount();
});

test("who agrees to be heard is muted locally first", async () => {
  const told: string[] = [];
  const audioVideo: AudioVideo = {
    realtimeMuteLocalAudio: () => void told.push("muted"),
    realtimeIsLocalAudioMuted: () => true,
    realtimeSetCanUnmuteLocalAudio: () => undefined,
    startLocalVideoTile: () => 1,
    stopLocalVideoTile: () => undefined,
    hasStartedLocalVideoTile: () => false,
  };
  const { api, line } = await page(audioVideo);
  const asked = { changeId: "c7", actor: "alice", kind: "required", until: "", remainingSeconds: 60 };
  line.says({ type: "change", attendees: [attendeeOf({ ...BLOCKED, asked } as Partial<Attendee>)] });
  const dialog = screen.getByRole("alertdialog", { name: "alice asks you to unmute" });
  assert.match(dialog.textContent, /60 s/);
  told.length = 0;
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Unmute me" })));
  await until(() => api.last.url.includes("/consent"), "the answer is sent");
  assert.deepEqual(told, ["muted"]);
  assert.deepEqual(JSON.parse(api.bodies.at(-1)!), { changeId: "c7", accept: true });
  line.says({ type: "change", attendees: [attendeeOf({ revision: "p3.m1" })] });
  assert.equal(screen.queryByRole("alertdialog"), null);
});

test("it renders where there is neither a document nor a WebSocket", () => {
  const gavel = new Gavel({ url: "https://gavel.example", token: () => "t" });
  const html = renderToString(
    <GavelProvider gavel={gavel} meetingId={MEETING}>
      <ModerationBanner />
      <ConsentDialog />
      <Roster labels={{ roster: "Leute" }} />
    </GavelProvider>,
  );
  assert.match(html, /aria-label="Leute"/);
  assert.throws(() => renderToString(<Roster />), /there is no <GavelProvider>/);
});
