// What a route says of itself, beside its code: its query is read with the schema that describes it.
// The OpenAPI 3.1 description of the edge is made of what is really routed.

import type { Context, Handler, Hono, MiddlewareHandler } from "hono";
import { z } from "zod";
import { TITLES } from "./problem.ts";
import { readTexts } from "./routes/query.ts";

/** A body: the schema of JSON, or the content type of what has none. */
type Body = string | z.ZodType;

/** What an answer means, its bodies, and what its headers say. */
type Answer = string | readonly [string, readonly Body[], Readonly<Record<string, string>>?];

/** A request, or what a middleware adds to the requests behind it. */
export interface Operation<Query extends z.ZodObject = z.ZodObject> {
  readonly summary?: string;
  /** What it takes to be let in, each alone: names in `SECURITY_SCHEMES`. None = nothing. */
  readonly security?: readonly (keyof typeof SECURITY_SCHEMES)[];
  readonly query?: Query;
  readonly headers?: z.ZodObject;
  readonly body?: Body;
  /** By status. */
  readonly answers?: Readonly<Record<number, Answer>>;
  /** Statuses of the problem documents that it may answer with, besides 422 for a query. */
  readonly problems?: readonly number[];
}

const SECURITY_SCHEMES = {
  publishToken: { type: "http", scheme: "bearer" },
  viewToken: { type: "http", scheme: "bearer" },
  viewTokenAsPassword: { type: "http", scheme: "basic" },
} as const;

const problemSchema = z.looseObject({
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("what was done, what was found, what is wanted"),
  offset: z.int().optional().describe("where in the picture the fault is, in bytes"),
}).meta({ title: "Problem" });

/** Queries that each route remembers, and how long one of them may be. */
const MAX_KNOWN = 20;
const MAX_KNOWN_CHARACTERS = 2000;

const operations = new WeakMap<Handler, Operation>();

/** Says what a handler or middleware does. */
export function describe<Described extends Handler | MiddlewareHandler>(
  operation: Operation,
  handler: Described,
): Described {
  operations.set(handler, operation);
  return handler;
}

/** A handler that says what it does. What it gets as `query` reads that: 422 where it is not as said. */
export function route<Query extends z.ZodObject>(
  operation: Operation<Query>,
  handle: (context: Context, query: () => z.output<Query>) => Response | Promise<Response>,
): Handler {
  const { query = z.object({}) as Query } = operation;
  // A crowd asks for the same: what one query says is read once.
  const known = new Map<string, z.output<Query>>();
  return describe(operation, (context) =>
    handle(context, () => {
      const { url } = context.req;
      const search = url.slice(url.indexOf("?") + 1 || url.length);
      let said = known.get(search);
      if (said === undefined) {
        said = readTexts(query, (name) => context.req.query(name));
        if (known.size >= MAX_KNOWN) known.clear();
        if (search.length <= MAX_KNOWN_CHARACTERS) known.set(search, said);
      }
      return said;
    }));
}

/** A part of the description. */
type Json = { readonly [name: string]: unknown };

/**
 * Answers with the description of what `app` routes.
 *
 * @param title `PERCH_TITLE`.
 */
export function getOpenapi(title: string, app: Hono): Handler {
  let made: Json | undefined;
  return route({
    summary: "This description",
    answers: { 200: ["OpenAPI 3.1", [z.looseObject({})]] },
  }, (context) => {
    made ??= openapiDocument(title, app.routes);
    return context.json(made, 200, { "cache-control": "public, max-age=300" });
  });
}

function openapiDocument(title: string, routes: Hono["routes"]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = {};
  const requests = Object.groupBy(routes, ({ method, path }) => `${method} ${path}`);
  for (const [request, handlers = []] of Object.entries(requests)) {
    const parts = handlers.flatMap(({ handler }) => operations.get(handler) ?? []);
    if (parts.length === 0) continue;
    const operation: Operation = Object.assign({}, ...parts);
    const { summary, security = [], query, headers, body, answers = {} } = operation;
    const problems = [...parts.flatMap((part) => part.problems ?? []), ...(query ? [422] : [])];
    const [method, path] = request.split(" ");
    const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, z.string()]);
    (paths[path.replace(/:(\w+)/g, "{$1}")] ??= {})[method.toLowerCase()] = {
      operationId: request.toLowerCase().replace(/\W+(\w?)/g, (_, letter) => letter.toUpperCase()),
      summary,
      security: security.map((scheme) => ({ [scheme]: [] })),
      parameters: [
        ...parameters("path", z.object(Object.fromEntries(named))),
        ...parameters("query", query),
        ...parameters("header", headers),
      ],
      requestBody: body && { required: true, content: content([body]) },
      responses: {
        ...Object.fromEntries(problems.map((status) => [status, refusal(status)])),
        ...mapValues(answers, response),
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: "1",
      description: "A live cam at the edge. Paths without a camera are those of the camera `cam`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "./" }],
    paths,
    components: { schemas, securitySchemes: SECURITY_SCHEMES },
  };

  function response(answer: Answer): Json {
    const [description, bodies, headers = {}] = typeof answer === "string" ? [answer, []] : answer;
    return {
      description,
      headers: mapValues(headers, (description) => ({ description, schema: { type: "string" } })),
      content: content(bodies),
    };
  }

  function refusal(status: number): Json {
    const content = { "application/problem+json": media(problemSchema) };
    return { description: TITLES[status], content };
  }

  function content(bodies: readonly Body[]): Json {
    return Object.fromEntries(
      bodies.map((body) =>
        typeof body === "string" ? [body, {}] : ["application/json", media(body)]
      ),
    );
  }

  function media(schema: z.ZodType): Json {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
    if (json.title === undefined) return { schema: json };
    schemas[json.title] = json;
    return { schema: { $ref: `#/components/schemas/${json.title}` } };
  }
}

function mapValues<Value>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => Json,
): Json {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, map(value)]),
  );
}

function parameters(place: string, schema: z.ZodObject = z.object({})): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties as Record<string, Json>).map(([name, schema]) => {
    const { description } = schema;
    return { name, in: place, description, required: required.includes(name), schema };
  });
}
