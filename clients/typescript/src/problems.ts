import type { components } from "./schema.js";

type Said = components["schemas"]["Problem"];

/** Those of the API, and `unauthorized`, `too-many-requests` and `gateway` for what the gateway says by itself. */
export type ProblemCode = Said["code"] | "unauthorized" | "too-many-requests" | "gateway";

const GATEWAY: Partial<Record<number, ProblemCode>> = {
  401: "unauthorized",
  403: "not-permitted",
  413: "payload-too-large",
  429: "too-many-requests",
};

/** An answer that is none: decide by `code`. `message` is for those who read logs. */
export class Problem<C extends ProblemCode = ProblemCode> extends Error {
  override readonly name = "Problem";
  readonly code: C;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly instance: string | null;
  /** With `invalid-request`: what is wrong, and where. */
  readonly errors: NonNullable<Said["errors"]>;
  /** With `not-permitted`: the policies that forbade, or `no-permit`. */
  readonly policies: NonNullable<Said["policies"]>;
  /** With `capability-unavailable`: what still withholds. */
  readonly limits: NonNullable<Said["limits"]>;
  /** With `chime-refused`: the change that was taken back. With `outcome-unknown`: the one to look at. */
  readonly changeId: string | null;

  constructor(status: number, code: C, said: Partial<Said> = {}) {
    super(`${status} ${code}${said.detail ? `: ${said.detail}` : ""}`);
    this.code = code;
    this.status = status;
    this.title = said.title ?? code;
    this.detail = said.detail ?? "";
    this.instance = said.instance ?? null;
    this.errors = said.errors ?? [];
    this.policies = said.policies ?? [];
    this.limits = said.limits ?? [];
    this.changeId = said.changeId ?? null;
  }
}

/** No answer came, however often it was tried. Whether the change was made is not known: its key is `idempotencyKey`. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly tries: number;
  readonly idempotencyKey: string | null;

  constructor(tries: number, idempotencyKey: string | null, cause: unknown) {
    super(`no answer came in ${tries} ${tries === 1 ? "try" : "tries"}`, { cause });
    this.tries = tries;
    this.idempotencyKey = idempotencyKey;
  }
}

/** Whether it is a problem, of one of these codes if any are given. */
export function isProblem<C extends ProblemCode = ProblemCode>(error: unknown, ...codes: C[]): error is Problem<C> {
  return error instanceof Problem && (codes.length === 0 || (codes as ProblemCode[]).includes(error.code));
}

/** From an answer that is not `ok`. `body` is what could be read of it: a document, or a text. */
export function problemOf(status: number, body: unknown): Problem {
  if (isSaid(body)) return new Problem(status, body.code, body);
  const message = isObject(body) && typeof body["message"] === "string" ? body["message"] : "";
  return new Problem(status, GATEWAY[status] ?? "gateway", { detail: message });
}

function isSaid(body: unknown): body is Said {
  return isObject(body) && typeof body["code"] === "string" && typeof body["type"] === "string";
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null;
}
