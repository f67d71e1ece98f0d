import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const PAGE = readFileSync("../../docs/frontend.md", "utf8");
const DESCRIPTION = JSON.parse(readFileSync("../../docs/openapi.json", "utf8")) as {
  components: { schemas: Record<string, any> };
};
const { Problem, Attendee, ChangeAnswer, Limit, Meeting } = DESCRIPTION.components.schemas;

/** The words in the first column of a section's table. */
function column(section: string): Set<string> {
  const text = PAGE.split(/^## /m).find((part) => part.startsWith(section));
  assert.ok(text, section);
  const cells = [...text.matchAll(/^\| ([^|]*) \|/gm)].map((row) => row[1]!);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((word) => word[1]!)));
}

test("the page says something about every code, status, effect and kind of consent", () => {
  const told: [string, string[]][] = [
    ["Errors to show", [...Problem.properties.code.enum, "unauthorized", "too-many-requests", "gateway"]],
    ["Showing what is so", Attendee.properties.status.enum.filter((status: string) => status !== "dry-run")],
    ["Reacting to effects", ChangeAnswer.properties.effects.items.enum],
    ["Consent", Meeting.properties.unmuteConsent.enum],
  ];
  for (const [section, words] of told) {
    const said = column(section);
    assert.deepEqual(
      words.filter((word) => !said.has(word)),
      [],
      section,
    );
  }
});

test("the sample knows all that withholds something, but bans, which nobody sees who is banned", () => {
  const missing = Limit.properties.by.enum.filter((by: string) => !PAGE.includes(`case "${by}":`));
  assert.deepEqual(
    missing.filter((by: string) => by !== "ban"),
    [],
  );
});
