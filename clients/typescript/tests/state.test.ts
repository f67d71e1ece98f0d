import assert from "node:assert/strict";
import { test } from "node:test";

import { isOlder, NOTHING_KNOWN, take, type Attendee, type LiveState, type Told } from "../src/index.js";
import { attendeeOf, chance, entryOf, meetingOf } from "./fixtures.js";

const ATTENDEES = ["a1", "a2", "a3", "a4"];
const told = (messages: readonly Told[], from: LiveState = NOTHING_KNOWN) => messages.reduce(take, from);
const shown = ({ meeting, me, attendees, hands, history, cursor }: LiveState) => ({
  meeting,
  me,
  attendees: Object.fromEntries([...attendees].sort()),
  hands,
  history,
  cursor,
});

test("revisions: what is older, newer, and neither", () => {
  for (const [a, b] of [
    ["p1.m1", "p2.m1"],
    ["p1.m1", "p1.m2"],
    ["m1", "m2"],
    ["p9.m9", "p10.m9"],
    ["p3.m7", "m8"],
  ] as const) {
    assert.ok(isOlder(a, b) && !isOlder(b, a), `${a} ${b}`);
  }
  for (const [a, b] of [
    ["p1.m1", "p1.m1"],
    ["p2.m1", "p1.m2"],
    ["m7", "p3.m7"],
    ["?", "p1.m1"],
  ] as const) {
    assert.ok(!isOlder(a, b) && !isOlder(b, a), `${a} ${b}`);
  }
});

test("a snapshot of several parts replaces everybody, without an empty page between", () => {
  const before = told([snapshot(1, [attendee("a1"), attendee("a2")], true)]);
  const half = take(before, snapshot(1, [attendee("a2", { revision: "p2.m1" })]));
  assert.deepEqual([...half.attendees.keys()], ["a1", "a2"]);
  const whole = take(half, snapshot(2, [attendee("a3")], true));
  assert.deepEqual([...whole.attendees.keys()], ["a2", "a3"]);
  assert.equal(whole.attendees.get("a2")?.revision, "p2.m1");
  assert.deepEqual(
    [before.complete, half.complete, take(NOTHING_KNOWN, snapshot(1, [])).complete],
    [true, true, false],
  );
});

test("an attendee who has left stays away until they are back, whatever comes late", () => {
  const left = told([
    snapshot(1, [attendee("a1")], true),
    change({ attendees: [attendee("a1", { status: "gone", revision: "p3.m1" })] }),
  ]);
  assert.equal(left.attendees.size, 0);
  assert.equal(take(left, change({ attendees: [attendee("a1", { revision: "p2.m1" })] })).attendees.size, 0);
  assert.equal(take(left, change({ attendees: [attendee("a1", { revision: "p4.m1" })] })).attendees.size, 1);
});

test("hands: the oldest first, one a person, down when it is down", () => {
  const up = (raisedAt: string) => ({ hand: { raisedAt } });
  const state = told([
    snapshot(
      1,
      [
        attendee("a1", { ...up("2026-01-02"), externalUserId: "bob" }),
        attendee("a2", { ...up("2026-01-02"), externalUserId: "bob" }),
        attendee("a3", { ...up("2026-01-01"), externalUserId: "carol" }),
      ],
      true,
    ),
  ]);
  assert.deepEqual(
    state.hands.map((hand) => hand.externalUserId),
    ["carol", "bob"],
  );
  const down = take(state, change({ attendees: [attendee("a3", { externalUserId: "carol", revision: "p2.m1" })] }));
  assert.deepEqual(
    down.hands.map((hand) => hand.externalUserId),
    ["bob"],
  );
});

test("states are never changed behind one's back, and what is untouched stays the same object", () => {
  const before = told([snapshot(1, [attendee("a1")], true)]);
  const after = take(
    before,
    change({ entries: [entryOf("01B")], meeting: meetingOf({ revision: "m2", mode: "audience" }) }),
  );
  assert.equal(after.attendees, before.attendees);
  assert.equal(before.history.length, 0);
  assert.equal(before.meeting?.mode, "open");
});

test("changes that come late, twice and in any order end in the newest states", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = chance(seed);
    const first = snapshot(
      1,
      ATTENDEES.map((id) => attendee(id)),
      true,
    );
    const changes = story(random);
    const expected = shown(told(changes, told([first])));
    const doubled = [...changes, ...changes.filter(() => random() < 0.4)];
    const shuffled = doubled
      .map((message) => ({ message, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ message }) => message);
    assert.deepEqual(shown(told(shuffled, told([first]))), expected, `seed ${seed}`);
  }
});

test("who waits in the lobby knows that alone, until they are let in", () => {
  const waiting = told([{ type: "lobby", part: 1, status: "waiting", since: "2026-05-04T10:00:00.000Z" }]);
  assert.deepEqual([waiting.lobby, waiting.complete, waiting.attendees.size], ["waiting", false, 0]);
  const inside = take(
    take(waiting, { type: "lobby", part: 1, status: "admitted" }),
    snapshot(1, [attendee("a1")], true),
  );
  assert.deepEqual([inside.lobby, inside.complete, inside.attendees.size], ["admitted", true, 1]);
  assert.equal(told([snapshot(1, [], true)]).lobby, null);
});

test("a snapshot that comes twice, or after a break, does no harm", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const changes = story(chance(seed));
    const state = told(
      changes,
      told([
        snapshot(
          1,
          ATTENDEES.map((id) => attendee(id)),
          true,
        ),
      ]),
    );
    const again = [...snapshotOf(state), ...snapshotOf(state)];
    assert.deepEqual(shown(told(again, state)), shown(state), `seed ${seed}`);
    assert.deepEqual(shown(told(again)).attendees, shown(state).attendees, `seed ${seed}`);
  }
});

/** What happens to four people: each message has the newest states, and each state a revision of its own. */
function story(random: () => number): Told[] {
  const [own, has] = [new Map(ATTENDEES.map((id) => [id, 1])), new Map<string, Attendee>()];
  let meeting = 1;
  return Array.from({ length: 12 }, (_, index) => {
    const common = {
      entries: [entryOf(`01-${String(index).padStart(2, "0")}`)],
      cursor: `01-${String(index).padStart(2, "0")}`,
    };
    if (random() < 0.2) {
      meeting += 1;
      const attendees = ATTENDEES.map((id) => ({
        ...(has.get(id) ?? attendee(id)),
        revision: `p${own.get(id)!}.m${meeting}`,
      }));
      attendees.forEach((one) => has.set(one.attendeeId!, one));
      return change({ ...common, meeting: meetingOf({ revision: `m${meeting}`, frozen: random() < 0.5 }), attendees });
    }
    const id = ATTENDEES[Math.floor(random() * ATTENDEES.length)]!;
    own.set(id, own.get(id)! + 1);
    const now = attendee(id, {
      revision: `p${own.get(id)!}.m${meeting}`,
      status: random() < 0.2 ? "gone" : "applied",
      hand: random() < 0.3 ? { raisedAt: `2026-01-01T00:00:${index}Z` } : null,
    });
    has.set(id, now);
    return change({
      ...common,
      attendees: [now],
      me: { role: "host", may: [], modes: [], roles: [], attendee: has.get("a1") ?? attendee("a1") },
    });
  });
}

function snapshotOf(state: LiveState): Told[] {
  const all = [...state.attendees.values()];
  const first = { ...snapshot(1, all.slice(0, 2)), meeting: state.meeting ?? undefined, me: state.me ?? undefined };
  return [first, snapshot(2, all.slice(2), true)];
}

function attendee(attendeeId: string, said: Partial<Attendee> = {}): Attendee {
  return attendeeOf({ attendeeId, externalUserId: `user-${attendeeId}`, ...said });
}

function snapshot(part: number, attendees: Attendee[], complete = false): Told {
  const last = complete ? { complete, more: false } : {};
  return { type: "snapshot", part, ...(part === 1 ? { meeting: meetingOf() } : {}), attendees, ...last };
}

function change(said: Partial<Told>): Told {
  return { type: "change", part: 1, ...said };
}
