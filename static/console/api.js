/**
 * The few things that are asked over HTTP: who signs in and out, and lists that are not live.
 */

/**
 * A request that was not done, in words for a person.
 */
export class ApiError extends Error {
  /**
   * @param {number} status 0: the server was not reached
   * @param {string} message
   * @param {{path: string, message: string}[]} [details]
   * @param {number} [retryAfterSeconds]
   */
  constructor(status, message, details = [], retryAfterSeconds = 0) {
    super(message);
    this.status = status;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON; null if it has none
 */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "The server could not be reached. Check your connection and try again.");
  }
  const text = await response.text();
  const answer = readJson(text);
  if (response.ok) return answer;
  const { message = "Something went wrong on the server. Try again in a moment.", details } =
    answer?.error ?? {};
  throw new ApiError(
    response.status,
    message,
    details,
    Number(response.headers.get("Retry-After")) || 0,
  );
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {{email: string, password: string, workspace?: string}} who
 */
export const signIn = (who) => call("POST", "/api/v1/auth/login", who);

export const signOut = () => call("POST", "/api/v1/auth/logout");

/** Whether the session's cookie is still taken. */
export async function isSignedIn() {
  try {
    await call("GET", "/api/v1/conversations?limit=1");
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 401);
  }
}

/**
 * @param {Record<string, string>} query
 * @returns {Promise<{items: any[], next_cursor: string | null}>}
 */
export const conversations = (query) =>
  call("GET", `/api/v1/conversations?${new URLSearchParams(query)}`);
