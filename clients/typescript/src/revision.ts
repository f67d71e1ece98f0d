const FORM = /^(?:p(\d+)\.)?m(\d+)$/;

/**
 * Whether the first revision is of an earlier moment than the second. An attendee's, `p3.m7`, has two numbers, his own
 * and the meeting's, which only rise; where one has the meeting's alone, that is compared. What can't be compared is not
 * older: then what comes later counts.
 */
export function isOlder(revision: string, than: string): boolean {
  const [a, b] = [FORM.exec(revision), FORM.exec(than)];
  if (!a || !b) return false;
  const person = a[1] === undefined || b[1] === undefined ? 0 : Number(a[1]) - Number(b[1]);
  const meeting = Number(a[2]) - Number(b[2]);
  return person <= 0 && meeting <= 0 && person + meeting < 0;
}
