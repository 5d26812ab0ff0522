// A simulated day of a camera and its viewers, inside Workers' runtime.

import { day, systemClock } from "./day_clock.ts";
import { EdgeObject } from "../../edge/workers/edge_object.ts";
import type {
  Bindings,
  ObjectContext,
  ObjectSocket,
  SqlValue,
} from "../../edge/workers/runtime.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../wire_frame.ts";
import { TEST_TOKEN } from "./processes.ts";

const DAY_MS = 86_400_000;

/** What an object is billed as. */
const GIGABYTES = 0.128;

const real = { setTimeout };
const turn = () => new Promise<void>((go) => real.setTimeout(go, 0));

/** Runs days. */
export class DayObject {
  readonly #context: ObjectContext;
  readonly #env: Bindings;
  #inner: EdgeObject | undefined;

  constructor(context: ObjectContext, env: Bindings) {
    this.#context = context;
    this.#env = env;
  }

  webSocketMessage(socket: ObjectSocket, data: string | ArrayBuffer): void {
    this.#inner!.webSocketMessage(socket, data);
  }

  webSocketClose(socket: ObjectSocket, code: number): void {
    this.#inner!.webSocketClose(socket, code);
  }

  async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const jpeg = new Uint8Array(await request.arrayBuffer());
    return Response.json(
      await this.#day(jpeg, {
        transport: query.get("transport")!,
        fps: Number(query.get("fps")),
        watchedMs: Number(query.get("hours")) * 3_600_000,
      }),
    );
  }

  async #day(
    jpeg: Uint8Array<ArrayBuffer>,
    { transport, fps, watchedMs }: { transport: string; fps: number; watchedMs: number },
  ) {
    const cost = {
      requests: 0,
      objectRequests: 0,
      messages: 0,
      rowsRead: 0,
      rowsWritten: 0,
      awakeMs: 0,
      gbSeconds: 0,
    };
    const { storage } = this.#context;
    storage.sql.exec("DROP TABLE IF EXISTS frames");
    let alarmAt = Infinity;
    const context: ObjectContext = {
      acceptWebSocket: (socket) => this.#context.acceptWebSocket(socket),
      getWebSockets: () => [],
      blockConcurrencyWhile: (run) => run(),
      storage: {
        sql: {
          exec: (query: string, ...values: SqlValue[]) => {
            const cursor = storage.sql.exec(query, ...values) as
              & ReturnType<typeof storage.sql.exec>
              & { rowsRead: number; rowsWritten: number };
            const rows = cursor.toArray();
            cost.rowsRead += cursor.rowsRead;
            cost.rowsWritten += cursor.rowsWritten;
            return { toArray: () => rows };
          },
        },
        transactionSync: (run) => storage.transactionSync(run),
        getAlarm: () => Promise.resolve(null),
        // Billed as a row.
        setAlarm(at) {
          alarmAt = at - day.start;
          cost.rowsWritten++;
          return Promise.resolve();
        },
      },
    };
    day.ms = 0;
    day.timers.clear();
    const env = { ...this.#env, PERCH_PUBLISH_TOKENS: TEST_TOKEN, PERCH_FPS: String(fps) };
    const object = this.#inner = new EdgeObject(context, env);
    await turn();
    /** Of what is under way: streams keep the object awake and billed. */
    let open = 0;
    const advance = async (to: number) => {
      for (;;) {
        const [next] = [...day.timers].sort(([, a], [, b]) => a.at - b.at);
        const at = Math.min(next?.[1].at ?? Infinity, alarmAt, to);
        if (open > 0 || day.timers.size > 0) cost.awakeMs += Math.max(0, at - day.ms);
        day.ms = Math.max(day.ms, at);
        if (at === to) return;
        if (at === alarmAt) {
          alarmAt = Infinity;
          cost.objectRequests++;
          object.alarm();
        } else {
          const [n, timer] = next;
          if (timer.everyMs) timer.at += timer.everyMs;
          else day.timers.delete(n);
          timer.run();
        }
        await (line ? Promise.resolve() : turn());
      }
    };
    const authorization = `Bearer ${TEST_TOKEN}`;
    const ask = (path: string, init: RequestInit = {}) => {
      cost.requests++;
      cost.objectRequests++;
      return object.fetch(new Request(`http://edge.test${path}`, init));
    };

    let interval = 10_000;
    let heard = () => {};
    let line: WebSocket | undefined;
    let n = 0;
    if (transport === "ws") {
      const headers = {
        authorization,
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      };
      const response = await ask("/publish?session=day", { headers });
      line = (response as unknown as { webSocket: WebSocket & { accept(): void } }).webSocket;
      line.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "demand") interval = message.interval;
        else heard();
      });
      (line as WebSocket & { accept(): void }).accept();
    }
    const send = async () => {
      jpeg[jpeg.length - 3] = ++n % 200;
      if (!line) {
        const headers = { authorization, "content-type": "image/jpeg" };
        const response = await ask("/live.jpeg", { method: "PUT", body: jpeg, headers });
        interval = Number(response.headers.get("perch-interval"));
        return;
      }
      const bytes = new Uint8Array(FRAME_HEADER_BYTES + jpeg.length);
      writeFrameHeader(bytes, { camera: 0, version: n, capturedAt: 0, receivedAt: 0 });
      bytes.set(jpeg, FRAME_HEADER_BYTES);
      cost.messages++;
      const told = new Promise<void>((resolve) => heard = resolve);
      line.send(bytes);
      await told;
    };

    // While few pictures are wanted, an agent that sends by requests has one held for it.
    const stop = new AbortController();
    const askForDemand = async () => {
      while (!stop.signal.aborted) {
        if (interval >= 1000) {
          const response = await ask(`/demand?interval=${interval}&wait=45`, {
            headers: { authorization },
          });
          interval = (await response.json()).interval;
        } else await systemClock.sleep(1000, stop.signal);
      }
    };
    if (!line) {
      await send();
      askForDemand().catch(() => {});
    }

    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    for (let due = 0; day.ms < DAY_MS;) {
      await advance(Math.min(due, DAY_MS));
      const watched = day.ms < watchedMs;
      if (watched && !reader) {
        reader = (await ask("/live.stream")).body!.getReader();
        open++;
        const from = reader;
        void (async () => {
          while (!(await from.read()).done);
        })().catch(() => {});
        await turn();
      }
      if (!watched && reader) {
        await reader.cancel();
        reader = undefined;
        open--;
        await turn();
      }
      if (day.ms >= DAY_MS) break;
      const startedAt = Date.now();
      await send();
      // Where nothing is open only this is billed; locally the clock runs on.
      if (open === 0 && day.timers.size === 0) cost.awakeMs += Date.now() - startedAt;
      due = day.ms + interval;
    }
    await reader?.cancel().catch(() => {});
    line?.close();
    stop.abort();
    cost.objectRequests += Math.ceil(cost.messages / 20);
    cost.gbSeconds = cost.awakeMs / 1000 * GIGABYTES;
    return cost;
  }
}

export default {
  fetch(request: Request, env: Bindings): Promise<Response> {
    return env.EDGE.getByName(request.url).fetch(request);
  },
};
