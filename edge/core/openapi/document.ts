// The OpenAPI 3.1 description of the edge, made from the zod schemas that its messages are checked
// with.

import { z } from "zod";
import { EDGE_OPERATIONS } from "./edge_operations.ts";
import { type Answer, CAMERA_OPERATIONS, type Operation, SCHEMAS } from "./operations.ts";

/** A part of the description. */
type Json = { readonly [name: string]: unknown };

const SECURITY: Readonly<Record<Operation["who"], readonly Json[]>> = {
  publisher: [{ publishToken: [] }],
  // The empty one: nothing is needed where the cam is public.
  viewer: [{}, { viewToken: [] }, { viewTokenAsPassword: [] }],
  anybody: [],
};

const REFUSED: Readonly<Record<Operation["who"], Readonly<Record<number, Answer>>>> = {
  publisher: {
    401: { description: "no publish token, or none the edge knows" },
    403: { description: "the token is bound to another camera" },
    404: { description: "no such camera id" },
  },
  viewer: { 401: { description: "the cam is private" } },
  anybody: {},
};

/**
 * The description.
 *
 * @param title `PERCH_TITLE`.
 * @param legacy Whether the older Flask cam's interface is on.
 */
export function openapiDocument(title: string, legacy: boolean): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const add = (key: string, operation: Operation, base = "") => {
    const [method, path] = key.split(" ");
    const full = base + (base && path === "/" ? "" : path);
    const parameters = [...full.matchAll(/\{(\w+)\}/g)].map(([, name]) => pathParameter(name));
    (paths[full] ??= {})[method.toLowerCase()] = {
      operationId: operationId(method, full),
      ...describe(operation, parameters),
    };
  };
  for (const [key, operation] of Object.entries(CAMERA_OPERATIONS)) {
    add(key, operation);
    add(key, operation, "/cams/{cam}");
  }
  for (const [key, operation] of Object.entries(EDGE_OPERATIONS)) {
    if (legacy || !/^(POST \/|GET \/test)$/.test(key)) add(key, operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: "1",
      description: "A live cam at the edge. Paths without a camera are those of the camera `cam`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema)]),
      ),
      securitySchemes: {
        publishToken: { type: "http", scheme: "bearer" },
        viewToken: { type: "http", scheme: "bearer" },
        viewTokenAsPassword: { type: "http", scheme: "basic" },
      },
    },
  };
}

function describe({ summary, who, query, headers, body, answers }: Operation, path: Json[]): Json {
  const parameters = [
    ...path,
    ...Object.entries(query ?? {}).map(([name, { schema, text }]) => ({
      name,
      in: "query",
      description: text,
      schema: jsonSchema(schema),
    })),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({
      name,
      in: "header",
      description,
      schema: { type: "string" },
    })),
  ];
  return {
    summary,
    security: SECURITY[who],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: content({ [body.type]: body.schema }) } }
      : {}),
    responses: Object.fromEntries(
      Object.entries({ ...REFUSED[who], ...answers }).map(([status, answer]) => [
        status,
        response(Number(status), answer),
      ]),
    ),
  };
}

function response(status: number, answer: Answer): Json {
  const isProblem = status >= 400 && !answer.content;
  return {
    description: answer.description,
    ...(answer.headers
      ? {
        headers: Object.fromEntries(
          Object.entries(answer.headers).map(([name, description]) => [
            name,
            { description, schema: { type: "string" } },
          ]),
        ),
      }
      : {}),
    ...(isProblem ? { content: content({ "application/problem+json": "Problem" }) } : {}),
    ...(answer.content ? { content: content(answer.content) } : {}),
  };
}

/** Bodies by content type. Binary ones have no schema in OpenAPI 3.1. */
function content(types: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(types).map(([type, name]) => {
      if (name === "binary") return [type, {}];
      if (name === "text") return [type, { schema: { type: "string" } }];
      if (name === "object") return [type, { schema: { type: "object" } }];
      return [type, { schema: { $ref: `#/components/schemas/${name}` } }];
    }),
  );
}

function pathParameter(name: string): Json {
  return { name, in: "path", required: true, schema: { type: "string" } };
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return [method.toLowerCase(), ...words.map((word) => word[0].toUpperCase() + word.slice(1))]
    .join("");
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
