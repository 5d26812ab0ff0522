// Requests to this camera's resources on the edge, with its token, and what came back as a verdict.

import { camPath, demandSchema, type Report } from "../../shared/wire.ts";
import { chunksOf } from "../body.ts";
import { type Answer, badVerdict, demandWithin, frameVerdict } from "./answer.ts";
import { type Connect, type Connection, describeFailure } from "./connection.ts";
import type { Verdict } from "./transport.ts";

/** Where frames go and as whom. */
export interface EdgeAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly cam: string;
  /** Names this run of the agent, so that the edge can tell a late frame from a new count. */
  readonly session: string;
}

/** A request, as `fetch` takes it. */
export interface EdgeRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly signal: AbortSignal;
}

/** Bytes read of an answer. */
const MAX_ANSWER_BYTES = 4096;

/** Asks the edge. No call throws: failures are verdicts. */
export class EdgeClient {
  readonly address: EdgeAddress;
  readonly #connect: Connect;
  #connection: Connection;

  constructor(address: EdgeAddress, connect: Connect) {
    this.address = address;
    this.#connect = connect;
    this.#connection = connect();
  }

  /** `Authorization` as the edge wants it. */
  get authorization(): string {
    return `Bearer ${this.address.token}`;
  }

  /** Sends a request for a resource of this camera. */
  async ask(
    resource: string,
    request: EdgeRequest,
    verdictOf: (answer: Answer) => Verdict,
  ): Promise<Verdict> {
    const { url, cam } = this.address;
    try {
      const response = await this.#connection.fetch(url + camPath(cam, resource), {
        ...request,
        headers: { authorization: this.authorization, ...request.headers },
        // A redirect would take the token along, or lose it; either way a setting is wrong.
        redirect: "manual",
      });
      const text = await readStart(response, request.signal);
      return verdictOf({ status: response.status, headers: response.headers, text });
    } catch (error) {
      return { kind: "failed", detail: describeFailure(error) };
    }
  }

  /**
   * Asks for the demand.
   *
   * @param interval The demand already known, in ms.
   * @param wait Seconds the edge may wait for another.
   */
  demand(interval: number, wait: number, signal: AbortSignal): Promise<Verdict> {
    const resource = `demand?interval=${Math.round(interval)}&wait=${wait}`;
    return this.ask(resource, { signal }, (answer) => {
      const parsed = demandSchema.safeParse(parseJson(answer.text));
      if (answer.status !== 200 || !parsed.success) return badVerdict(answer);
      return { kind: "accepted", demand: demandWithin(parsed.data) };
    });
  }

  /** Tells the edge how the camera is. */
  report(report: Report, signal: AbortSignal): Promise<Verdict> {
    const headers = { "content-type": "application/json" };
    const request = { method: "PUT", headers, body: JSON.stringify(report), signal };
    return this.ask("report", request, frameVerdict);
  }

  /** Forgets open connections: after a failure none can be trusted. */
  renew(): void {
    this.#connection.close();
    this.#connection = this.#connect();
  }

  /** Closes what is open. */
  close(): void {
    this.#connection.close();
  }
}

/** The start of a body. Reading to its end frees the connection for the next request. */
async function readStart(response: Response, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of chunksOf(response, signal)) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return text.slice(0, MAX_ANSWER_BYTES);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
