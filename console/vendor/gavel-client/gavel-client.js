// Made by `make contracts` (clients/typescript/scripts/vendor.mjs). Do not edit.

// node_modules/openapi-fetch/dist/index.mjs
var PATH_PARAM_RE = /\{[^{}]+\}/g;
var supportsRequestInitExt = () => {
  return typeof process === "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
};
function randomID() {
  return Math.random().toString(36).slice(2, 11);
}
function createClient(clientOptions) {
  let {
    baseUrl = "",
    Request: CustomRequest = globalThis.Request,
    fetch: baseFetch = globalThis.fetch,
    querySerializer: globalQuerySerializer,
    bodySerializer: globalBodySerializer,
    pathSerializer: globalPathSerializer,
    headers: baseHeaders,
    requestInitExt = void 0,
    ...baseOptions
  } = { ...clientOptions };
  requestInitExt = supportsRequestInitExt() ? requestInitExt : void 0;
  baseUrl = removeTrailingSlash(baseUrl);
  const globalMiddlewares = [];
  async function coreFetch(schemaPath, fetchOptions) {
    const {
      baseUrl: localBaseUrl,
      fetch = baseFetch,
      Request: Request2 = CustomRequest,
      headers,
      params = {},
      parseAs = "json",
      querySerializer: requestQuerySerializer,
      bodySerializer = globalBodySerializer ?? defaultBodySerializer,
      pathSerializer: requestPathSerializer,
      body,
      middleware: requestMiddlewares = [],
      ...init
    } = fetchOptions || {};
    let finalBaseUrl = baseUrl;
    if (localBaseUrl) {
      finalBaseUrl = removeTrailingSlash(localBaseUrl) ?? baseUrl;
    }
    let querySerializer = typeof globalQuerySerializer === "function" ? globalQuerySerializer : createQuerySerializer(globalQuerySerializer);
    if (requestQuerySerializer) {
      querySerializer = typeof requestQuerySerializer === "function" ? requestQuerySerializer : createQuerySerializer({
        ...typeof globalQuerySerializer === "object" ? globalQuerySerializer : {},
        ...requestQuerySerializer
      });
    }
    const pathSerializer = requestPathSerializer || globalPathSerializer || defaultPathSerializer;
    const serializedBody = body === void 0 ? void 0 : bodySerializer(
      body,
      // Note: we declare mergeHeaders() both here and below because it’s a bit of a chicken-or-egg situation:
      // bodySerializer() needs all headers so we aren’t dropping ones set by the user, however,
      // the result of this ALSO sets the lowest-priority content-type header. So we re-merge below,
      // setting the content-type at the very beginning to be overwritten.
      // Lastly, based on the way headers work, it’s not a simple “present-or-not” check becauase null intentionally un-sets headers.
      mergeHeaders(baseHeaders, headers, params.header)
    );
    const finalHeaders = mergeHeaders(
      // with no body, we should not to set Content-Type
      serializedBody === void 0 || // if serialized body is FormData; browser will correctly set Content-Type & boundary expression
      serializedBody instanceof FormData ? {} : {
        "Content-Type": "application/json"
      },
      baseHeaders,
      headers,
      params.header
    );
    const finalMiddlewares = [...globalMiddlewares, ...requestMiddlewares];
    const requestInit = {
      redirect: "follow",
      ...baseOptions,
      ...init,
      body: serializedBody,
      headers: finalHeaders
    };
    let id;
    let options;
    let request = new Request2(
      createFinalURL(schemaPath, { baseUrl: finalBaseUrl, params, querySerializer, pathSerializer }),
      requestInit
    );
    let response;
    for (const key in init) {
      if (!(key in request)) {
        request[key] = init[key];
      }
    }
    if (finalMiddlewares.length) {
      id = randomID();
      options = Object.freeze({
        baseUrl: finalBaseUrl,
        fetch,
        parseAs,
        querySerializer,
        bodySerializer,
        pathSerializer
      });
      for (const m of finalMiddlewares) {
        if (m && typeof m === "object" && typeof m.onRequest === "function") {
          const result = await m.onRequest({
            request,
            schemaPath,
            params,
            options,
            id
          });
          if (result) {
            if (result instanceof Request2) {
              request = result;
            } else if (result instanceof Response) {
              response = result;
              break;
            } else {
              throw new Error("onRequest: must return new Request() or Response() when modifying the request");
            }
          }
        }
      }
    }
    if (!response) {
      try {
        response = await fetch(request, requestInitExt);
      } catch (error2) {
        let errorAfterMiddleware = error2;
        if (finalMiddlewares.length) {
          for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
            const m = finalMiddlewares[i];
            if (m && typeof m === "object" && typeof m.onError === "function") {
              const result = await m.onError({
                request,
                error: errorAfterMiddleware,
                schemaPath,
                params,
                options,
                id
              });
              if (result) {
                if (result instanceof Response) {
                  errorAfterMiddleware = void 0;
                  response = result;
                  break;
                }
                if (result instanceof Error) {
                  errorAfterMiddleware = result;
                  continue;
                }
                throw new Error("onError: must return new Response() or instance of Error");
              }
            }
          }
        }
        if (errorAfterMiddleware) {
          throw errorAfterMiddleware;
        }
      }
      if (finalMiddlewares.length) {
        for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
          const m = finalMiddlewares[i];
          if (m && typeof m === "object" && typeof m.onResponse === "function") {
            const result = await m.onResponse({
              request,
              response,
              schemaPath,
              params,
              options,
              id
            });
            if (result) {
              if (!(result instanceof Response)) {
                throw new Error("onResponse: must return new Response() when modifying the response");
              }
              response = result;
            }
          }
        }
      }
    }
    const contentLength = response.headers.get("Content-Length");
    if (response.status === 204 || request.method === "HEAD" || contentLength === "0" && !response.headers.get("Transfer-Encoding")?.includes("chunked")) {
      return response.ok ? { data: void 0, response } : { error: void 0, response };
    }
    if (response.ok) {
      const getResponseData = async () => {
        if (parseAs === "stream") {
          return response.body;
        }
        if (parseAs === "json" && !contentLength) {
          const raw = await response.text();
          return raw ? JSON.parse(raw) : void 0;
        }
        return await response[parseAs]();
      };
      return { data: await getResponseData(), response };
    }
    let error = await response.text();
    try {
      error = JSON.parse(error);
    } catch {
    }
    return { error, response };
  }
  return {
    request(method, url, init) {
      return coreFetch(url, { ...init, method: method.toUpperCase() });
    },
    /** Call a GET endpoint */
    GET(url, init) {
      return coreFetch(url, { ...init, method: "GET" });
    },
    /** Call a PUT endpoint */
    PUT(url, init) {
      return coreFetch(url, { ...init, method: "PUT" });
    },
    /** Call a POST endpoint */
    POST(url, init) {
      return coreFetch(url, { ...init, method: "POST" });
    },
    /** Call a DELETE endpoint */
    DELETE(url, init) {
      return coreFetch(url, { ...init, method: "DELETE" });
    },
    /** Call a OPTIONS endpoint */
    OPTIONS(url, init) {
      return coreFetch(url, { ...init, method: "OPTIONS" });
    },
    /** Call a HEAD endpoint */
    HEAD(url, init) {
      return coreFetch(url, { ...init, method: "HEAD" });
    },
    /** Call a PATCH endpoint */
    PATCH(url, init) {
      return coreFetch(url, { ...init, method: "PATCH" });
    },
    /** Call a TRACE endpoint */
    TRACE(url, init) {
      return coreFetch(url, { ...init, method: "TRACE" });
    },
    /** Register middleware */
    use(...middleware) {
      for (const m of middleware) {
        if (!m) {
          continue;
        }
        if (typeof m !== "object" || !("onRequest" in m || "onResponse" in m || "onError" in m)) {
          throw new Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
        }
        globalMiddlewares.push(m);
      }
    },
    /** Unregister middleware */
    eject(...middleware) {
      for (const m of middleware) {
        const i = globalMiddlewares.indexOf(m);
        if (i !== -1) {
          globalMiddlewares.splice(i, 1);
        }
      }
    }
  };
}
function serializePrimitiveParam(name, value, options) {
  if (value === void 0 || value === null) {
    return "";
  }
  if (typeof value === "object") {
    throw new Error(
      "Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these."
    );
  }
  return `${name}=${options?.allowReserved === true ? value : encodeURIComponent(value)}`;
}
function serializeObjectParam(name, value, options) {
  if (!value || typeof value !== "object") {
    return "";
  }
  const values = [];
  const joiner = {
    simple: ",",
    label: ".",
    matrix: ";"
  }[options.style] || "&";
  if (options.style !== "deepObject" && options.explode === false) {
    for (const k in value) {
      values.push(k, options.allowReserved === true ? value[k] : encodeURIComponent(value[k]));
    }
    const final2 = values.join(",");
    switch (options.style) {
      case "form": {
        return `${name}=${final2}`;
      }
      case "label": {
        return `.${final2}`;
      }
      case "matrix": {
        return `;${name}=${final2}`;
      }
      default: {
        return final2;
      }
    }
  }
  for (const k in value) {
    const finalName = options.style === "deepObject" ? `${name}[${k}]` : k;
    values.push(serializePrimitiveParam(finalName, value[k], options));
  }
  const final = values.join(joiner);
  return options.style === "label" || options.style === "matrix" ? `${joiner}${final}` : final;
}
function serializeArrayParam(name, value, options) {
  if (!Array.isArray(value)) {
    return "";
  }
  if (options.explode === false) {
    const joiner2 = { form: ",", spaceDelimited: "%20", pipeDelimited: "|" }[options.style] || ",";
    const final = (options.allowReserved === true ? value : value.map((v) => encodeURIComponent(v))).join(joiner2);
    switch (options.style) {
      case "simple": {
        return final;
      }
      case "label": {
        return `.${final}`;
      }
      case "matrix": {
        return `;${name}=${final}`;
      }
      // case "spaceDelimited":
      // case "pipeDelimited":
      default: {
        return `${name}=${final}`;
      }
    }
  }
  const joiner = { simple: ",", label: ".", matrix: ";" }[options.style] || "&";
  const values = [];
  for (const v of value) {
    if (options.style === "simple" || options.style === "label") {
      values.push(options.allowReserved === true ? v : encodeURIComponent(v));
    } else {
      values.push(serializePrimitiveParam(name, v, options));
    }
  }
  return options.style === "label" || options.style === "matrix" ? `${joiner}${values.join(joiner)}` : values.join(joiner);
}
function createQuerySerializer(options) {
  return function querySerializer(queryParams) {
    const search = [];
    if (queryParams && typeof queryParams === "object") {
      for (const name in queryParams) {
        const value = queryParams[name];
        if (value === void 0 || value === null) {
          continue;
        }
        if (Array.isArray(value)) {
          if (value.length === 0) {
            continue;
          }
          search.push(
            serializeArrayParam(name, value, {
              style: "form",
              explode: true,
              ...options?.array,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        if (typeof value === "object") {
          search.push(
            serializeObjectParam(name, value, {
              style: "deepObject",
              explode: true,
              ...options?.object,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        search.push(serializePrimitiveParam(name, value, options));
      }
    }
    return search.join("&");
  };
}
function defaultPathSerializer(pathname, pathParams) {
  let nextURL = pathname;
  for (const match of pathname.match(PATH_PARAM_RE) ?? []) {
    let name = match.substring(1, match.length - 1);
    let explode = false;
    let style = "simple";
    if (name.endsWith("*")) {
      explode = true;
      name = name.substring(0, name.length - 1);
    }
    if (name.startsWith(".")) {
      style = "label";
      name = name.substring(1);
    } else if (name.startsWith(";")) {
      style = "matrix";
      name = name.substring(1);
    }
    if (!pathParams || pathParams[name] === void 0 || pathParams[name] === null) {
      continue;
    }
    const value = pathParams[name];
    if (Array.isArray(value)) {
      nextURL = nextURL.replace(match, serializeArrayParam(name, value, { style, explode }));
      continue;
    }
    if (typeof value === "object") {
      nextURL = nextURL.replace(match, serializeObjectParam(name, value, { style, explode }));
      continue;
    }
    if (style === "matrix") {
      nextURL = nextURL.replace(match, `;${serializePrimitiveParam(name, value)}`);
      continue;
    }
    nextURL = nextURL.replace(match, style === "label" ? `.${encodeURIComponent(value)}` : encodeURIComponent(value));
  }
  return nextURL;
}
function defaultBodySerializer(body, headers) {
  if (body instanceof FormData) {
    return body;
  }
  if (headers) {
    const contentType = headers.get instanceof Function ? headers.get("Content-Type") ?? headers.get("content-type") : headers["Content-Type"] ?? headers["content-type"];
    if (contentType === "application/x-www-form-urlencoded") {
      return new URLSearchParams(body).toString();
    }
  }
  return JSON.stringify(body);
}
function createFinalURL(pathname, options) {
  let finalURL = `${options.baseUrl}${pathname}`;
  if (options.params?.path) {
    finalURL = options.pathSerializer(finalURL, options.params.path);
  }
  let search = options.querySerializer(options.params.query ?? {});
  if (search.startsWith("?")) {
    search = search.substring(1);
  }
  if (search) {
    finalURL += `?${search}`;
  }
  return finalURL;
}
function mergeHeaders(...allHeaders) {
  const finalHeaders = new Headers();
  for (const h of allHeaders) {
    if (!h || typeof h !== "object") {
      continue;
    }
    const iterator = h instanceof Headers ? h.entries() : Object.entries(h);
    for (const [k, v] of iterator) {
      if (v === null) {
        finalHeaders.delete(k);
      } else if (Array.isArray(v)) {
        for (const v2 of v) {
          finalHeaders.append(k, v2);
        }
      } else if (v !== void 0) {
        finalHeaders.set(k, v);
      }
    }
  }
  return finalHeaders;
}
function removeTrailingSlash(url) {
  if (url.endsWith("/")) {
    return url.substring(0, url.length - 1);
  }
  return url;
}

// src/connection.ts
var ASK_AGAIN = 5 * 6e4;
var SNAPSHOT_WITHIN = 1e4;
var PING_AFTER = 15e3;
var PONG_WITHIN = 8e3;
var Connection = class {
  #socket;
  #stop;
  #again;
  #patience;
  #silence;
  #over = false;
  constructor(socket, stop) {
    this.#socket = socket;
    this.#stop = stop;
  }
  /** Resolves when the connection is over, however it ends. */
  listen(page) {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const end = () => {
        this.#over = true;
        clearInterval(this.#again);
        clearTimeout(this.#patience);
        clearTimeout(this.#silence);
        this.#stop.removeEventListener("abort", end);
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => void 0;
        socket.close();
        resolve();
      };
      this.#stop.addEventListener("abort", end, { once: true });
      this.#patience = setTimeout(end, 2 * SNAPSHOT_WITHIN);
      socket.onclose = socket.onerror = end;
      socket.onmessage = (event) => this.#hear(event.data, page, end);
      socket.onopen = () => {
        this.#ask(page, end);
        this.#expect(end);
        this.#again = setInterval(() => this.#ask(page, end), ASK_AGAIN);
      };
    });
  }
  #ask(page, end) {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(end, SNAPSHOT_WITHIN);
    this.#socket.send(JSON.stringify({ action: "listen", after: page.after() }));
  }
  #expect(end) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#silence = setTimeout(end, PONG_WITHIN);
      this.#socket.send(JSON.stringify({ action: "ping" }));
    }, PING_AFTER);
  }
  /** What API Gateway says by itself has no type: then no snapshot comes, and patience ends. */
  #hear(data, page, end) {
    if (this.#over) return;
    this.#expect(end);
    const message = read(data);
    if (!message) return;
    page.told(message);
    if (message.type === "closed") return;
    if (message.complete || message.type === "lobby") clearTimeout(this.#patience);
    if (!message.complete) return;
    if (message.more) this.#ask(page, end);
  }
};
function read(data) {
  try {
    const message = JSON.parse(String(data));
    const known = typeof message === "object" && ["snapshot", "change", "lobby", "closed"].includes(String(message?.type));
    return known ? message : null;
  } catch {
    return null;
  }
}

// src/problems.ts
var GATEWAY = {
  401: "unauthorized",
  403: "not-permitted",
  413: "payload-too-large",
  429: "too-many-requests"
};
var Problem = class extends Error {
  name = "Problem";
  code;
  status;
  title;
  detail;
  instance;
  /** With `invalid-request`: what is wrong, and where. */
  errors;
  /** With `not-permitted`: the policies that forbade, or `no-permit`. */
  policies;
  /** With `capability-unavailable`: what still withholds. */
  limits;
  /** With `chime-refused`: the change that was taken back. With `outcome-unknown`: the one to look at. */
  changeId;
  constructor(status, code, said = {}) {
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
};
var Unreachable = class extends Error {
  name = "Unreachable";
  tries;
  idempotencyKey;
  constructor(tries, idempotencyKey, cause) {
    super(`no answer came in ${tries} ${tries === 1 ? "try" : "tries"}`, { cause });
    this.tries = tries;
    this.idempotencyKey = idempotencyKey;
  }
};
function isProblem(error, ...codes) {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}
function problemOf(status, body) {
  if (isSaid(body)) return new Problem(status, body.code, body);
  const message = isObject(body) && typeof body["message"] === "string" ? body["message"] : "";
  return new Problem(status, GATEWAY[status] ?? "gateway", { detail: message });
}
function isSaid(body) {
  return isObject(body) && typeof body["code"] === "string" && typeof body["type"] === "string";
}
function isObject(body) {
  return typeof body === "object" && body !== null;
}

// src/polling.ts
var FINAL = [
  "unauthorized",
  "not-permitted",
  "banned",
  "meeting-not-found",
  "invalid-request",
  "not-found"
];
async function askFor(meeting, after, options) {
  try {
    const [me, shown] = await Promise.all([meeting.me(options), meeting.get(options)]);
    const attendees = [];
    for await (const attendee of meeting.attendees({ ...options, limit: 100 })) attendees.push(attendee);
    const said = { type: "snapshot", part: 1, me, meeting: shown, attendees, complete: true };
    return me.may.includes("view-history") && after ? { ...said, ...await entriesSince(meeting, after, options) } : said;
  } catch (error) {
    if (isProblem(error, "waiting")) return { type: "lobby", part: 1, status: "waiting" };
    throw error;
  }
}
function finalProblem(error) {
  return isProblem(error, ...FINAL) ? error : null;
}
async function entriesSince(meeting, after, options) {
  const pages = meeting.history({ ...options, after });
  const entries = [];
  for await (const entry of pages) entries.push(entry);
  return { entries, cursor: pages.cursor };
}

// src/duration.ts
var SECONDS = { s: 1, m: 60, h: 3600 };
var LONGEST = 24 * SECONDS.h;
var DurationError = class extends RangeError {
  name = "DurationError";
  constructor(said) {
    const shown = typeof said === "string" ? JSON.stringify(said) : String(said);
    super(`${shown} is no duration: a whole number with "s", "m" or "h" behind it, or of seconds; 24h at most`);
  }
};
function inSeconds(duration) {
  const found = typeof duration === "string" ? read2(duration) : duration;
  if (!Number.isInteger(found) || found < 1 || found > LONGEST) throw new DurationError(duration);
  return found;
}
function read2(text) {
  const found = /^(\d{1,6})([smh])$/.exec(text);
  return found ? Number(found[1]) * SECONDS[found[2]] : NaN;
}

// src/retry.ts
var RETRY = { tries: 5, within: "40s", each: "35s" };
var SYSTEM_CLOCK = { now: () => Date.now(), random: () => Math.random(), pause };
var FIRST = 250;
var LONGEST2 = 8e3;
function backoff(tries, random, first = FIRST, longest = LONGEST2) {
  return Math.min(longest, first * 2 ** (tries - 1)) * (0.5 + random / 2);
}
function retrying(send, prepare, retry = RETRY, { now, random, pause: pause2 } = SYSTEM_CLOCK) {
  return async (request) => {
    const body = ["GET", "HEAD"].includes(request.method) ? void 0 : await request.text() || void 0;
    const deadline = now() + inSeconds(retry.within) * 1e3;
    for (let tries = 1; ; tries++) {
      const headers = new Headers(request.headers);
      for (const [name, value] of Object.entries(await prepare())) headers.set(name, value);
      request.signal.throwIfAborted();
      const each = AbortSignal.timeout(Math.max(1, Math.min(inSeconds(retry.each) * 1e3, deadline - now())));
      const signal = AbortSignal.any([request.signal, each]);
      const again = { method: request.method, headers, body, signal, credentials: request.credentials };
      const outcome = await outcomeOf(send(new Request(request.url, again)));
      request.signal.throwIfAborted();
      const wait = await waitAfter(outcome, tries, random());
      if (wait === null || tries >= retry.tries || now() + wait >= deadline) {
        if (outcome instanceof Response) return outcome;
        throw new Unreachable(tries, request.headers.get("Idempotency-Key"), outcome.failure);
      }
      await pause2(wait, request.signal);
    }
  };
}
async function outcomeOf(answer) {
  try {
    return await answer;
  } catch (failure) {
    return { failure };
  }
}
async function waitAfter(outcome, tries, random) {
  if (!(outcome instanceof Response)) return backoff(tries, random);
  if (!await mayHelp(outcome, tries)) return null;
  return retryAfter(outcome, random) ?? backoff(tries, random);
}
async function mayHelp(answer, tries) {
  switch (answer.status) {
    case 429:
    case 503:
    case 504:
      return true;
    case 500:
      return tries === 1;
    case 502:
      return await codeOf(answer) !== "chime-refused";
    default:
      return false;
  }
}
async function codeOf(answer) {
  try {
    return (await answer.clone().json())?.code;
  } catch {
    return void 0;
  }
}
function retryAfter(answer, random) {
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1e3 + random * FIRST : null;
}
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

// src/revision.ts
var FORM = /^(?:p(\d+)\.)?m(\d+)$/;
function isOlder(revision, than) {
  const [a, b] = [FORM.exec(revision), FORM.exec(than)];
  if (!a || !b) return false;
  const user = a[1] === void 0 || b[1] === void 0 ? 0 : Number(a[1]) - Number(b[1]);
  const meeting = Number(a[2]) - Number(b[2]);
  return user <= 0 && meeting <= 0 && user + meeting < 0;
}

// src/state.ts
var NOTHING_KNOWN = {
  meeting: null,
  me: null,
  attendees: /* @__PURE__ */ new Map(),
  hands: [],
  history: [],
  cursor: null,
  lobby: null,
  complete: false,
  connected: false,
  since: null,
  polling: false,
  gone: /* @__PURE__ */ new Map(),
  arriving: null
};
var KEPT = 2e3;
function take(state, message) {
  const arriving = arrivingWith(state, message);
  const told = message.attendees?.length || message.complete;
  const whole = message.complete ? arriving : null;
  const { attendees, gone } = told ? withAttendees(state, message.attendees ?? [], whole) : state;
  return {
    meeting: withRoles(newer(state.meeting, message.meeting), message.roles),
    me: newerMe(state.me, message.me),
    attendees,
    gone,
    hands: told ? handsOf(attendees.values()) : state.hands,
    history: withEntries(state.history, message.entries ?? []),
    cursor: later(state.cursor, message.cursor),
    lobby: message.status ?? state.lobby,
    complete: state.complete || message.complete === true,
    arriving: message.complete ? null : arriving,
    connected: state.connected,
    since: state.since,
    polling: state.polling
  };
}
function withConnection(state, connected, polling, now) {
  if (state.connected === connected && state.polling === polling) return state;
  return { ...state, connected, polling, since: state.connected === connected ? state.since : now };
}
function arrivingWith(state, message) {
  const begins = message.type === "snapshot" && message.part === 1;
  if (!begins && state.arriving === null) return null;
  const named = (message.attendees ?? []).flatMap(({ attendeeId }) => attendeeId ?? []);
  return /* @__PURE__ */ new Set([...begins ? [] : state.arriving ?? [], ...named]);
}
function withAttendees(state, told, whole) {
  const [attendees, gone] = [new Map(state.attendees), new Map(state.gone)];
  for (const attendee of told) {
    const id = attendee.attendeeId;
    const known = id === null ? void 0 : attendees.get(id) ?? gone.get(id);
    if (id === null || known && isOlder(attendee.revision, known.revision)) continue;
    const [into, outOf] = attendee.status === "gone" ? [gone, attendees] : [attendees, gone];
    outOf.delete(id);
    into.set(id, attendee);
  }
  if (whole) {
    for (const id of attendees.keys()) if (!whole.has(id)) attendees.delete(id);
  }
  return { attendees, gone };
}
function newer(known, told) {
  if (!told || known && isOlder(told.revision, known.revision)) return known;
  return told;
}
function withRoles(meeting, told) {
  if (!meeting || !told) return meeting;
  const roles = Object.fromEntries(told.map(({ externalUserId, role }) => [externalUserId, role]));
  return { ...meeting, roles: { ...meeting.roles, ...roles } };
}
function newerMe(known, told) {
  if (!told) return known;
  const [old, now] = [known?.attendee?.revision, told.attendee?.revision];
  return old !== void 0 && now !== void 0 && isOlder(now, old) ? known : told;
}
function handsOf(attendees) {
  const hands = /* @__PURE__ */ new Map();
  for (const { externalUserId, displayName, attendeeId, hand } of attendees) {
    const named = displayName ? { displayName } : {};
    if (hand && !hands.has(externalUserId))
      hands.set(externalUserId, { externalUserId, ...named, attendeeId, ...hand });
  }
  return [...hands.values()].sort(
    (a, b) => compare(a.raisedAt, b.raisedAt) || compare(a.externalUserId, b.externalUserId)
  );
}
function withEntries(history, told) {
  if (told.length === 0) return history;
  const known = new Set(history.map((entry) => entry.entryId));
  const unknown = told.filter(({ entryId }) => !known.has(entryId) && known.add(entryId));
  if (unknown.length === 0) return history;
  return [...history, ...unknown].sort((a, b) => compare(a.entryId, b.entryId)).slice(-KEPT);
}
function later(known, told) {
  return told === void 0 || known !== null && told < known ? known : told;
}
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// src/live.ts
var SHORTEST = 1e3;
var LONGEST3 = 3e4;
var CUT = new Error("the connection is given up");
var Live = class {
  /** Resolves when it is over, and never rejects. */
  closed;
  #gavel;
  #meeting;
  #options;
  #listeners = /* @__PURE__ */ new Set();
  #stop = new AbortController();
  #state = NOTHING_KNOWN;
  #over = null;
  #end = () => void 0;
  #failures = 0;
  /** Ends what is under way, be it a connection or a wait, and nothing else. */
  #cut = new AbortController();
  #isPolling = false;
  /** Where the entries begin that are missed by now, until the state has a cursor. */
  #since = null;
  constructor(gavel, meeting, listener, options = {}) {
    this.#gavel = gavel;
    this.#meeting = meeting;
    this.#options = options;
    this.#state = { ...NOTHING_KNOWN, cursor: options.after ?? null };
    if (listener) this.#listeners.add(listener);
    this.closed = new Promise((resolve) => this.#end = resolve);
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal?.aborted) this.close();
    this.#followNetwork();
    void this.#run();
  }
  /** What is known by now; a new object after each message. */
  get state() {
    return this.#state;
  }
  /** Tells a further listener, until the function that it returns is called. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  /** The first state that meets the condition, a whole snapshot by default. Raises `LiveOver` when it is over. */
  when(condition = ({ complete }) => complete, signal) {
    return new Promise((resolve, reject) => {
      if (condition(this.#state)) return resolve(this.#state);
      const unsubscribe = this.subscribe((state) => {
        if (!condition(state)) return;
        unsubscribe();
        resolve(state);
      });
      const give = (reason) => {
        unsubscribe();
        reject(reason);
      };
      if (signal?.aborted) return give(signal.reason);
      signal?.addEventListener("abort", () => give(signal.reason), { once: true });
      void this.closed.then((closed) => give(new LiveOver(closed)));
    });
  }
  /** Messages as they come, until it is over. */
  async *[Symbol.asyncIterator]() {
    const waiting = [];
    let wake = () => {
    };
    const unsubscribe = this.subscribe((_, message) => {
      if (message.type === "connection") return;
      waiting.push(message);
      wake();
    });
    void this.closed.then(() => wake());
    try {
      for (; ; ) {
        const message = waiting.shift();
        if (message) yield message;
        else if (this.#over) return;
        else await new Promise((resolve) => wake = resolve);
      }
    } finally {
      unsubscribe();
    }
  }
  close() {
    this.#finish({ code: "stopped" });
  }
  #finish(closed) {
    if (this.#over) return;
    this.#over = closed;
    this.#stop.abort(new LiveOver(closed));
    this.#end(closed);
  }
  /** A device that says that it is offline is; one that says that it is online may be. */
  #followNetwork() {
    const { signal } = this.#stop;
    if (signal.aborted || typeof globalThis.addEventListener !== "function") return;
    const begin = () => {
      this.#failures = 0;
      this.#cutOff();
    };
    const end = () => {
      this.#cutOff();
      this.#link(false, false);
    };
    globalThis.addEventListener("online", begin, { signal });
    globalThis.addEventListener("offline", end, { signal });
  }
  #cutOff() {
    this.#cut.abort(CUT);
    this.#cut = new AbortController();
  }
  async #run() {
    const { pause: pause2, random } = this.#gavel.clock;
    while (!this.#over) {
      const signal = AbortSignal.any([this.#stop.signal, this.#cut.signal]);
      await this.#connect(signal).catch((error) => this.#failed(error));
      if (this.#over) return;
      if (this.#isLive) this.#link(false, false);
      this.#failures += 1;
      void this.#poll();
      const wait = Math.max(SHORTEST, backoff(this.#failures, random(), 2 * SHORTEST, LONGEST3));
      await pause2(wait, AbortSignal.any([this.#stop.signal, this.#cut.signal])).catch(() => void 0);
    }
  }
  #failed(error) {
    const problem = finalProblem(error);
    if (problem) this.#finish({ code: problem.code, problem });
  }
  /** Asks until there is a connection again, or it is over. */
  async #poll() {
    const { poll, onBehalfOf } = this.#options;
    if (poll === void 0 || this.#isPolling) return;
    this.#isPolling = true;
    const { signal } = this.#stop;
    while (!this.#over && !this.#isLive) {
      const message = await askFor(this.#meeting, this.#state.cursor ?? this.#since, { onBehalfOf, signal }).catch(
        (error) => {
          this.#failed(error);
          return null;
        }
      );
      if (this.#over || this.#isLive) break;
      if (message) this.#take(message, true);
      else this.#link(false, false);
      await this.#gavel.clock.pause(inSeconds(poll) * 1e3, signal).catch(() => void 0);
    }
    this.#isPolling = false;
  }
  get #isLive() {
    return this.#state.connected && !this.#state.polling;
  }
  #link(connected, polling) {
    const before = this.#state;
    this.#state = withConnection(before, connected, polling, this.#gavel.clock.now());
    if (this.#state !== before && !this.#over) this.#tell({ type: "connection", part: 1 });
  }
  /** One connection, from its ticket to its end. */
  async #connect(signal) {
    const Maker = this.#gavel.options.WebSocket ?? globalThis.WebSocket;
    if (!Maker) return this.#options.poll === void 0 ? this.#finish({ code: "no-websocket" }) : void 0;
    const { onBehalfOf } = this.#options;
    const { url, cursor } = await this.#meeting.ticket({ onBehalfOf, signal });
    this.#since ??= cursor;
    if (signal.aborted) return;
    await new Connection(new Maker(url), signal).listen({
      after: () => this.#state.cursor ?? cursor,
      told: (message) => this.#take(message)
    });
  }
  #take(message, polled = false) {
    if (this.#over) return;
    if (message.type === "closed") return this.#finish({ code: message.code });
    if (message.complete) this.#failures = 0;
    const state = take(this.#state, message);
    const isAnswer = message.complete === true || message.type === "lobby";
    this.#state = isAnswer ? withConnection(state, true, polled, this.#gavel.clock.now()) : state;
    this.#tell(message);
  }
  #tell(message) {
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#state, message);
      } catch (error) {
        reportLater(error);
      }
    }
  }
};
var LiveOver = class extends Error {
  name = "LiveOver";
  closed;
  constructor(closed) {
    super(`listening is over: ${closed.code}`, { cause: closed.problem });
    this.closed = closed;
  }
};
function reportLater(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}

// src/options.ts
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
function why({ reason }) {
  return reason === void 0 ? {} : { reason };
}
function mediaOf({ media, reason }) {
  return { media: typeof media === "string" ? [media] : media, reason };
}
function lasting(duration) {
  return duration === void 0 ? void 0 : inSeconds(duration);
}
function instant(time) {
  return time === void 0 ? void 0 : new Date(time).toISOString();
}

// src/pages.ts
async function* pagesOf(ask) {
  let nextToken;
  do {
    const page = await ask(nextToken ?? void 0);
    yield* page.items;
    nextToken = page.nextToken;
  } while (nextToken);
}
var MOST = 100;
var AGAIN_MILLISECONDS = 1e3;
function historyOf(ask, pause2, after, limit = MOST) {
  const pages = { cursor: after, [Symbol.asyncIterator]: entries };
  async function* entries() {
    const seen = /* @__PURE__ */ new Set();
    for (let most = limit; ; ) {
      const page = await ask(pages.cursor, most);
      const unseen = page.items.filter((entry) => !seen.has(entry.entryId));
      for (const entry of unseen) {
        seen.add(entry.entryId);
        yield entry;
      }
      pages.cursor = page.cursor;
      if (page.items.length < most) return;
      if (unseen.length > 0) continue;
      if (most >= MOST) await pause2(AGAIN_MILLISECONDS);
      most = Math.min(MOST, 2 * most);
    }
  }
  return pages;
}

// src/settled.ts
var Unsettled = class extends Error {
  name = "Unsettled";
  change;
  constructor(change) {
    super(`the change ${change.changeId} is still pending`);
    this.change = change;
  }
};
var LONGEST4 = 3e3;
async function settled(ask, { now, random, pause: pause2 }, { within = "2m", signal }) {
  const deadline = now() + inSeconds(within) * 1e3;
  for (let tries = 1; ; tries++) {
    const change = await ask();
    if (change.status !== "pending") return change;
    if (now() >= deadline) throw new Unsettled(change);
    const wait = backoff(tries, random(), 250, LONGEST4);
    await pause2(Math.min(wait, Math.max(0, deadline - now())), signal);
  }
}

// src/meeting.ts
var Meeting = class {
  meetingId;
  #gavel;
  constructor(gavel, meetingId) {
    this.#gavel = gavel;
    this.meetingId = meetingId;
  }
  // Looking
  get(options) {
    return answerOf(this.#api.GET("/meetings/{meetingId}", this.#read({}, options)));
  }
  /** Who am I here, and what may I do. */
  me(options) {
    return answerOf(this.#api.GET("/meetings/{meetingId}/me", this.#read({}, options)));
  }
  attendee(who, options) {
    const path = { attendeeId: attendeeOrUser(who) };
    return answerOf(this.#api.GET("/meetings/{meetingId}/attendees/{attendeeId}", this.#read(path, options)));
  }
  /** Everybody, attendee by attendee; pages of `limit` are asked for as they are needed, the first one of `first`. */
  attendees(options) {
    return pagesOf((nextToken) => {
      const { params, signal } = this.#read({}, options);
      const limit = nextToken === void 0 ? options?.first ?? options?.limit : options?.limit;
      const query = { limit, nextToken };
      return answerOf(this.#api.GET("/meetings/{meetingId}/attendees", { params: { ...params, query }, signal }));
    });
  }
  /** Whose hands are up, the oldest first. */
  async hands(options) {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/hands", this.#read({}, options)))).items;
  }
  async bans(options) {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/bans", this.#read({}, options)))).items;
  }
  /** Who waits to be let in. */
  async lobby(options) {
    return (await answerOf(this.#api.GET("/meetings/{meetingId}/lobby", this.#read({}, options)))).items;
  }
  /** What happened, oldest first unless told otherwise, each entry once; its `cursor` is where to go on later. */
  history(options = {}) {
    const { after, limit, who, from, to, verdict, command, actor, order } = options;
    const of = typeof who === "object" ? { externalUserId: who.user } : { attendeeId: who };
    const ask = (cursor, most) => {
      const { params, signal } = this.#read({}, options);
      const query = { after: cursor, limit: most, order, from, to, verdict, command, actor, ...of };
      return answerOf(this.#api.GET("/meetings/{meetingId}/history", { params: { ...params, query }, signal }));
    };
    return historyOf(ask, (wait) => this.#gavel.clock.pause(wait, options.signal), after, limit);
  }
  change(changeId, options) {
    const path = { changeId };
    return answerOf(this.#api.GET("/meetings/{meetingId}/changes/{changeId}", this.#read(path, options)));
  }
  /**
   * What became of a change that was `pending`: asks until it is final. Null where nothing was changed.
   * Raises `Unsettled` if it takes longer than `within`, two minutes by default.
   */
  settled(answer, options = {}) {
    const changeId = typeof answer === "string" ? answer : answer.changeId;
    if (changeId === null) return Promise.resolve(null);
    return settled(() => this.change(changeId, options), this.#gavel.clock, options);
  }
  /** Listens from now on, over one WebSocket that comes back by itself. */
  live(listener, options) {
    return new Live(this.#gavel, this, listener, options);
  }
  /** Where to listen; `live` asks by itself. */
  ticket(options) {
    return answerOf(this.#api.POST("/meetings/{meetingId}/live", this.#read({}, options)));
  }
  // What people send and receive
  async mute(who, options = {}) {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    return answerOf(this.#api.POST(`${ATTENDEE}/mute`, { body, ...this.#at(who, options) }));
  }
  /** Lifts. What is withheld all the same, by a mute-all for example: `capability-unavailable`, with the `limits`. */
  unmute(who, options = {}) {
    return answerOf(this.#api.POST(`${ATTENDEE}/unmute`, { body: mediaOf(options), ...this.#at(who, options) }));
  }
  /** Make it so: exactly these, or a problem. */
  setCapabilities(who, capabilities, options = {}) {
    const body = { ...capabilities, reason: options.reason };
    return answerOf(this.#api.PATCH(`${ATTENDEE}/capabilities`, { body, ...this.#at(who, options) }));
  }
  /** Withholds everything, receiving too. */
  hold(who, options = {}) {
    return answerOf(this.#api.POST(`${ATTENDEE}/hold`, { body: why(options), ...this.#at(who, options) }));
  }
  release(who, options = {}) {
    return answerOf(this.#api.POST(`${ATTENDEE}/release`, { body: why(options), ...this.#at(who, options) }));
  }
  /** Binds those who come later, too, until lifted. Silence in every sense needs `["audio", "content"]`. */
  async muteAll(options = {}) {
    const lasts = { durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    const body = { ...mediaOf(options), ...lasts, except: options.except };
    return answerOf(this.#api.POST("/meetings/{meetingId}/mute-all", { body, ...this.#write({}, options) }));
  }
  unmuteAll(options = {}) {
    const body = mediaOf(options);
    return answerOf(this.#api.POST("/meetings/{meetingId}/unmute-all", { body, ...this.#write({}, options) }));
  }
  // People
  setRole(who, role, options = {}) {
    return answerOf(this.#api.PUT(`${ATTENDEE}/role`, { body: { role, ...why(options) }, ...this.#at(who, options) }));
  }
  /** Removes the user from the meeting; with `ban` they stay out. */
  async remove(who, options = {}) {
    const body = { ban: options.ban, until: instant(options.until), ...why(options) };
    return answerOf(this.#api.POST(`${ATTENDEE}/remove`, { body, ...this.#at(who, options) }));
  }
  async ban({ user }, options = {}) {
    const [body, rest] = [
      { until: instant(options.until), ...why(options) },
      this.#write({ externalUserId: user }, options)
    ];
    return answerOf(this.#api.PUT("/meetings/{meetingId}/bans/{externalUserId}", { body, ...rest }));
  }
  unban({ user }, options = {}) {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(this.#api.DELETE("/meetings/{meetingId}/bans/{externalUserId}", rest));
  }
  /** Lets somebody in who waits in the lobby, or with `admit: false` not. */
  admit({ user }, { admit = true, ...options } = {}) {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(
      this.#api.PUT("/meetings/{meetingId}/lobby/{externalUserId}", { body: { admit, ...why(options) }, ...rest })
    );
  }
  /** Gives up waiting in the lobby. */
  leaveLobby({ user }, options = {}) {
    const rest = this.#write({ externalUserId: user }, options);
    return answerOf(this.#api.DELETE("/meetings/{meetingId}/lobby/{externalUserId}", rest));
  }
  raiseHand(who, options = {}) {
    return answerOf(this.#api.PUT(`${ATTENDEE}/hand`, { body: why(options), ...this.#at(who, options) }));
  }
  lowerHand(who, options = {}) {
    return answerOf(this.#api.DELETE(`${ATTENDEE}/hand`, this.#at(who, options)));
  }
  /** Lowers every hand. */
  lowerAllHands(options = {}) {
    const request = { body: why(options), ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/hands/lower-all", request));
  }
  /** A turn to speak, which ends by itself; lowers the hand. */
  async grantFloor(who, options = {}) {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), exclusive: options.exclusive };
    return answerOf(this.#api.POST(`${ATTENDEE}/floor`, { body, ...this.#at(who, options) }));
  }
  endFloor(who, options = {}) {
    return answerOf(this.#api.DELETE(`${ATTENDEE}/floor`, this.#at(who, options)));
  }
  /** The user's own answer to a request to unmute, which their attendee shows as `asked`. */
  consent(who, changeId, accept, options = {}) {
    return answerOf(this.#api.PUT(`${ATTENDEE}/consent`, { body: { changeId, accept }, ...this.#at(who, options) }));
  }
  // Several people in one request, up to 250: the answer has an outcome for each
  async muteSelected(who, options = {}) {
    const body = { ...mediaOf(options), durationSeconds: lasting(options.for), liftableBy: options.liftableBy };
    const request = { body: { ...body, ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/mute", request));
  }
  unmuteSelected(who, options = {}) {
    const request = { body: { ...mediaOf(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/unmute", request));
  }
  lowerHands(who, options = {}) {
    const request = { body: { ...why(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/hands/lower", request));
  }
  setRoles(who, role, options = {}) {
    const request = { body: { role, ...why(options), ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/roles", request));
  }
  async removeSelected(who, options = {}) {
    const body = { ban: options.ban, until: instant(options.until), ...why(options) };
    const request = { body: { ...body, ...idsOf(who) }, ...this.#write({}, options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/remove", request));
  }
  // The meeting
  setMode(mode, options = {}) {
    return this.#patch({ mode }, options);
  }
  /** While the meeting is frozen, no user gets more capabilities. */
  freeze(options = {}) {
    return this.#patch({ frozen: true }, options);
  }
  unfreeze(options = {}) {
    return this.#patch({ frozen: false }, options);
  }
  settings(settings, options = {}) {
    return this.#patch(settings, options);
  }
  /** Restores the rules which that change replaced, if no later one has replaced them again. */
  undo(changeId, options = {}) {
    const body = { changeId, ...why(options) };
    return answerOf(this.#api.POST("/meetings/{meetingId}/undo", { body, ...this.#write({}, options) }));
  }
  /** For everybody. */
  end(options = {}) {
    return answerOf(this.#api.POST("/meetings/{meetingId}/end", { body: why(options), ...this.#write({}, options) }));
  }
  // For back ends, whose token has the scope `gavel/admin`
  register(registration = {}, options = {}) {
    return answerOf(this.#api.PUT("/meetings/{meetingId}", { body: registration, ...this.#write({}, options) }));
  }
  /** What `CreateAttendee` shall give each of these people. */
  async admissions(users, options = {}) {
    const rest = this.#write({}, options);
    return (await answerOf(this.#api.POST("/meetings/{meetingId}/admissions", { body: { users }, ...rest }))).items;
  }
  /** An attendee just created, before its JoinToken is handed out. `displayName`: what pages show instead of the user's id. */
  bind(attendeeId, options = {}) {
    const { displayName, ...rest } = options;
    const body = displayName === void 0 ? {} : { displayName };
    return answerOf(this.#api.PUT(ATTENDEE, { body, ...this.#at(attendeeId, rest) }));
  }
  get #api() {
    return this.#gavel.api;
  }
  #patch(settings, options) {
    const body = { ...settings, ...why(options) };
    return answerOf(this.#api.PATCH("/meetings/{meetingId}", { body, ...this.#write({}, options) }));
  }
  #at(who, options) {
    return this.#write({ attendeeId: attendeeOrUser(who) }, options);
  }
  #read(path, options = {}) {
    const header = actingFor(this.#gavel, options.onBehalfOf);
    return { params: { path: { meetingId: this.meetingId, ...path }, header }, signal: options.signal };
  }
  #write(path, options) {
    const { params, signal } = this.#read(path, options);
    const header = {
      ...params.header,
      "If-Match": options.ifMatch === void 0 ? void 0 : `"${options.ifMatch.replaceAll('"', "")}"`,
      "Idempotency-Key": options.dryRun ? void 0 : options.idempotencyKey ?? newKey()
    };
    return { params: { path: params.path, header, query: { dryRun: options.dryRun || void 0 } }, signal };
  }
};
var ATTENDEE = "/meetings/{meetingId}/attendees/{attendeeId}";
async function answerOf(said) {
  const { data, error, response } = await said;
  if (data === void 0) throw problemOf(response.status, error);
  return data;
}

// src/meetings.ts
var Meetings = class {
  #gavel;
  constructor(gavel) {
    this.#gavel = gavel;
  }
  /** Registered meetings, newest first; pages are asked for as they are needed. */
  list({ from, to, onBehalfOf, signal, ...rest } = {}) {
    const header = actingFor(this.#gavel, onBehalfOf);
    return pagesOf((nextToken) => {
      const query = { ...rest, from: instant(from), to: instant(to), nextToken };
      return answerOf(this.#gavel.api.GET("/meetings", { params: { header, query }, signal }));
    });
  }
};

// src/client.ts
var Gavel = class {
  /** Every route, typed, with token and retries: for what has no method of its own. */
  api;
  options;
  clock;
  constructor(options) {
    this.options = options;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    const send = options.fetch ?? ((request) => globalThis.fetch(request));
    const authorization = async () => ({ Authorization: `Bearer ${await options.token()}` });
    const retry = { ...RETRY, ...options.retry };
    this.api = createClient({
      baseUrl: options.url.replace(/\/+$/, ""),
      fetch: retrying(send, authorization, retry, this.clock),
      pathSerializer: pathOf
    });
  }
  get meetings() {
    return new Meetings(this);
  }
  meeting(meetingId) {
    return new Meeting(this, meetingId);
  }
};
var USER = "user:";
function attendeeOrUser(who) {
  return typeof who === "string" ? who : `${USER}${who.user}`;
}
function idsOf(who) {
  const attendeeIds = who.filter((each) => typeof each === "string");
  const externalUserIds = who.flatMap((each) => typeof each === "string" ? [] : [each.user]);
  return { ...attendeeIds.length && { attendeeIds }, ...externalUserIds.length && { externalUserIds } };
}
function pathOf(route, parameters) {
  const attendee = parameters["attendeeId"];
  if (typeof attendee === "string" && attendee.startsWith(USER)) {
    const user = { ...parameters, externalUserId: attendee.slice(USER.length), attendeeId: void 0 };
    return pathOf(route.replace("/attendees/{attendeeId}", "/users/{externalUserId}"), user);
  }
  return route.replace(/\{(\w+)\}/g, (_, name) => {
    const value = String(parameters[name]);
    return name === "externalUserId" ? userInPath(value) : encodeURIComponent(value);
  });
}
function actingFor({ options }, user = options.onBehalfOf) {
  return user === void 0 ? {} : { "Gavel-On-Behalf-Of": userInPath(user) };
}
function userInPath(user) {
  if (!/[/\\%~]|^\.+$/.test(user)) return encodeURIComponent(user);
  const bytes = String.fromCharCode(...new TextEncoder().encode(user));
  return `~${btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

// src/names.ts
var UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
var LONGEST5 = 24;
function shortId(id) {
  if (UUID.test(id)) return `${id.slice(0, 8)}…`;
  const characters = [...id];
  return characters.length > LONGEST5 ? `${characters.slice(0, LONGEST5 - 1).join("")}…` : id;
}
function nameOf({ externalUserId, displayName }) {
  return displayName ?? shortId(externalUserId);
}
function names({ attendees, gone, me }) {
  const known = /* @__PURE__ */ new Map();
  for (const each of [...gone.values(), ...attendees.values(), ...me?.attendee ? [me.attendee] : []])
    if (each.displayName) known.set(each.externalUserId, each.displayName);
  return (externalUserId) => known.get(externalUserId) ?? shortId(externalUserId);
}

// src/camera.ts
var TOGGLE_MILLISECONDS = 500;
var Camera = class {
  #audioVideo;
  #options;
  open = null;
  #wasOn = false;
  #minded = "";
  #forgotten = false;
  constructor(audioVideo, options) {
    this.#audioVideo = audioVideo;
    this.#options = options;
  }
  follow(open, revision) {
    const before = this.open;
    this.open = open;
    if (open === before) return;
    this.#minded = revision;
    if (!open) this.#takeAway();
    else if (before === false) void this.#giveBack();
  }
  /** Others see a camera that was on all the time only after it was stopped and started. */
  renegotiate(revision) {
    if (!isOlder(this.#minded, revision) && this.#minded !== "") return;
    this.#minded = revision;
    if (this.open) void this.#giveBack();
  }
  forget() {
    this.#forgotten = true;
  }
  #takeAway() {
    this.#wasOn ||= this.#audioVideo.hasStartedLocalVideoTile();
    if (this.#audioVideo.hasStartedLocalVideoTile()) this.#audioVideo.stopLocalVideoTile();
  }
  async #giveBack() {
    try {
      const isOn = this.#audioVideo.hasStartedLocalVideoTile();
      const back = isOn || this.#wasOn && await (this.#options.onCameraBack?.() ?? true);
      if (!this.open) return;
      this.#wasOn = false;
      if (!back || this.#forgotten) return;
      if (isOn) {
        this.#audioVideo.stopLocalVideoTile();
        await new Promise((resolve) => setTimeout(resolve, this.#options.toggleMilliseconds ?? TOGGLE_MILLISECONDS));
      }
      if (!this.#forgotten && this.open && !this.#audioVideo.hasStartedLocalVideoTile())
        this.#audioVideo.startLocalVideoTile();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
};

// src/sending.ts
function sends(capabilities, medium) {
  return ["SendReceive", "Send"].includes(capabilities[medium]);
}
function muteForSure(audioVideo) {
  audioVideo.realtimeMuteLocalAudio();
  if (!audioVideo.realtimeIsLocalAudioMuted()) throw new Error("the microphone could not be muted");
}

// src/consent.ts
var Consent = class {
  #audioVideo;
  #meeting;
  #attendeeId;
  #options;
  #open = null;
  constructor(audioVideo, meeting, attendeeId, options) {
    this.#audioVideo = audioVideo;
    this.#meeting = meeting;
    this.#attendeeId = attendeeId;
    this.#options = options;
  }
  follow(request) {
    if (request?.changeId === this.#open?.changeId) return;
    this.forget();
    if (!request) return;
    const over = new AbortController();
    this.#open = { changeId: request.changeId, over };
    void this.#answer(request, over.signal);
  }
  forget() {
    this.#open?.over.abort();
    this.#open = null;
  }
  async #answer(request, signal) {
    try {
      this.#audioVideo.realtimeMuteLocalAudio();
      const accept = request.kind === "muted-first" || await this.#options.onConsentRequested?.(request, signal);
      if (accept === void 0 || signal.aborted) return;
      if (accept) muteForSure(this.#audioVideo);
      await this.#meeting.consent(this.#attendeeId, request.changeId, accept, { signal });
    } catch (error) {
      if (!signal.aborted && !isProblem(error, "no-request")) this.#options.onError?.(error);
    }
  }
};

// src/microphone.ts
var Microphone = class {
  #audioVideo;
  #options;
  /** Whether the server lets the user's audio through; null while that is not known. */
  open = null;
  #minded = "";
  constructor(audioVideo, options) {
    this.#audioVideo = audioVideo;
    this.#options = options;
  }
  /** Muted locally both when it is withheld, so that no later moment is too late, and before it may flow again. */
  follow(open, revision) {
    const before = this.open;
    this.open = open;
    if (open === before) return;
    this.#minded = revision;
    if (!open || before === false) this.#audioVideo.realtimeMuteLocalAudio();
    this.#audioVideo.realtimeSetCanUnmuteLocalAudio(open);
    if (!open) this.#options.onSilenced?.();
    else if (before === false) this.#options.onMayUnmute?.();
  }
  mayFlow(revision) {
    if (!isOlder(this.#minded, revision) && this.#minded !== "") return;
    this.#minded = revision;
    this.#audioVideo.realtimeMuteLocalAudio();
    if (this.open) this.#options.onMayUnmute?.();
  }
};

// src/chime.ts
function bindToChime(audioVideo, meeting, attendeeId, options = {}) {
  return new Bound(audioVideo, meeting, attendeeId, options);
}
var Bound = class {
  live;
  #ownLive;
  #microphone;
  #camera;
  #consent;
  #attendeeId;
  #unsubscribe;
  #options;
  #known = null;
  constructor(audioVideo, meeting, attendeeId, options) {
    this.#options = options;
    this.#attendeeId = attendeeId;
    this.#microphone = new Microphone(audioVideo, options);
    this.#camera = new Camera(audioVideo, options);
    this.#consent = new Consent(audioVideo, meeting, attendeeId, options);
    this.#ownLive = options.live === void 0;
    this.live = options.live ?? meeting.live();
    this.#unsubscribe = this.live.subscribe((state, message) => this.#safely(() => this.#take(state, message)));
    this.#safely(() => this.#follow(this.live.state));
  }
  get maySend() {
    return { audio: this.#microphone.open, video: this.#camera.open };
  }
  dispose() {
    this.#unsubscribe();
    this.#consent.forget();
    this.#camera.forget();
    if (this.#ownLive) this.live.close();
  }
  #take(state, message) {
    this.#follow(state);
    if (message.type === "change") for (const entry of message.entries ?? []) this.#mind(entry);
  }
  #follow(state) {
    const now = state.attendees.get(this.#attendeeId);
    if (!now || now === this.#known) return;
    this.#known = now;
    this.#consent.follow(now.asked ?? null);
    this.#microphone.follow(mayNowSend(now, "audio", this.#microphone.open), now.revision);
    this.#camera.follow(mayNowSend(now, "video", this.#camera.open), now.revision);
  }
  /** Two changes may come as one state: then their effects are all that tells. What was missed is past. */
  #mind(entry) {
    for (const { before, after, effects } of changesOf(this.#attendeeId, entry)) {
      if (effects?.includes("audio-may-flow")) this.#microphone.mayFlow(entry.revision);
      const sharesAgain = before && after && sends(before, "video") && !sends(before, "content") && sends(after, "content");
      if (effects?.includes("renegotiation-needed") && !sharesAgain) this.#camera.renegotiate(entry.revision);
    }
  }
  #safely(call) {
    try {
      call();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
};
function mayNowSend(attendee, medium, before) {
  return sends(attendee.capabilities, medium) && (attendee.status !== "pending" || before === true);
}
function changesOf(attendeeId, entry) {
  return (entry["attendees"] ?? []).filter((one) => one.attendeeId === attendeeId);
}
export {
  DurationError,
  Gavel,
  Live,
  LiveOver,
  Meeting,
  Meetings,
  NOTHING_KNOWN,
  Problem,
  RETRY,
  Unreachable,
  Unsettled,
  bindToChime,
  inSeconds,
  isOlder,
  isProblem,
  nameOf,
  names,
  shortId,
  take
};
