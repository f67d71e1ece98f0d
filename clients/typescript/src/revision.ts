const FORM = /^(?:p(\d+)\.)?m(\d+)$/;

/**
 * Whether the first revision is older than the second. An attendee's revision, `p3.m7`, has two numbers that only rise:
 * the user's and the meeting's. If one revision has only the meeting's number, only that is compared. A revision that
 * cannot be compared is not older: the later message counts.
 */
export function isOlder(revision: string, than: string): boolean {
  const [a, b] = [FORM.exec(revision), FORM.exec(than)];
  if (!a || !b) return false;
  const user = a[1] === undefined || b[1] === undefined ? 0 : Number(a[1]) - Number(b[1]);
  const meeting = Number(a[2]) - Number(b[2]);
  return user <= 0 && meeting <= 0 && user + meeting < 0;
}
