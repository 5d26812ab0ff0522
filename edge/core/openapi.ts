// The OpenAPI 3.1 description of the edge, made of what is really routed.

import type { Handler, Hono } from "hono";
import { z } from "zod";
import { TITLES } from "./problem.ts";
import {
  type Answer,
  type Body,
  type Operation,
  operations,
  route,
  SECURITY_SCHEMES,
} from "./routes/request.ts";

const problemSchema = z.looseObject({
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("what was done, what was found, what is wanted"),
  offset: z.int().optional().describe("where in the picture the fault is, in bytes"),
}).meta({ title: "Problem" });

type Json = { readonly [name: string]: unknown };

export function getOpenapi(title: string, app: Hono, notes = ""): Handler {
  let made: Json | undefined;
  return route({
    summary: "This description",
    answers: { 200: ["OpenAPI 3.1", [z.looseObject({})]] },
  }, (context) => {
    made ??= openapiDocument(title, app.routes, notes);
    return context.json(made, 200, { "cache-control": "public, max-age=300" });
  });
}

function openapiDocument(title: string, routes: Hono["routes"], notes: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = {};
  const requests = Object.groupBy(routes, ({ method, path }) => `${method} ${path}`);
  for (const [request, handlers = []] of Object.entries(requests)) {
    const parts = handlers.flatMap(({ handler }) => operations.get(handler) ?? []);
    if (parts.length === 0) continue;
    const operation: Operation = Object.assign({}, ...parts);
    const { summary, security = [], query, headers, body, answers } = operation;
    const problems = [...parts.flatMap((part) => part.problems ?? []), ...(query ? [422] : [])];
    const refusals = problems.map((status): [number, Answer] => [
      status,
      [TITLES[status], [problemSchema]],
    ]);
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
      responses: mapValues({ ...Object.fromEntries(refusals), ...answers }, response),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: "1",
      description:
        ("A live cam at the edge. Paths without a camera are those of the camera `cam`. " +
          notes).trim(),
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "./" }],
    paths,
    components: { schemas, securitySchemes: SECURITY_SCHEMES },
  };

  function response(answer: Answer): Json {
    const [description, bodies, headers] = typeof answer === "string" ? [answer, []] : answer;
    return {
      description,
      headers: headers && mapValues(headers, (description) => {
        return { description, schema: { type: "string" } };
      }),
      content: content(bodies),
    };
  }

  function content(bodies: readonly Body[]): Json {
    return Object.fromEntries(bodies.map((body) => {
      if (typeof body === "string") return [body, {}];
      const { $schema: _, ...schema } = z.toJSONSchema(body, { io: "input" });
      if (schema.title !== undefined) schemas[schema.title] = schema;
      return [
        body === problemSchema ? "application/problem+json" : "application/json",
        { schema: schema.title ? { $ref: `#/components/schemas/${schema.title}` } : schema },
      ];
    }));
  }
}

function mapValues<Value>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => Json,
): Json {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

function parameters(place: string, schema: z.ZodObject = z.object({})): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties as Record<string, Json>).map(([name, schema]) => {
    const { description } = schema;
    return { name, in: place, description, required: required.includes(name), schema };
  });
}
