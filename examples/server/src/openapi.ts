import { PRIORITY } from "./queue.ts";
import { EXTENSIONS } from "./upload-routes.ts";

const job = { $ref: "#/components/schemas/Job" };
const error = (description: string) => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
});
const json = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});
const id = { name: "id", in: "path", required: true, schema: { type: "string", minLength: 1 } };
const flag = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "string", enum: ["true", "false"], default: "false" },
});
const absent = error("No such job of this token");
const unknown = error("No token, or none of this server's");
const busy = error("Too many requests of this token at once");
const admins = error("Not an admin's token");
const time = { type: "string", format: "date-time" };
const states = ["queued", "running", "done", "failed"];
const paused = { type: "object", required: ["paused"], properties: { paused: { type: "boolean" } } };

/** What the server understands. */
export const openApi = {
  openapi: "3.2.0",
  info: {
    title: "midash",
    version: "0",
    description: "Synthetic CTs of MRs. Research software, not a medical device.",
  },
  security: [{ token: [] }],
  paths: {
    "/health": { get: { security: [], responses: { 200: json("It lives", { type: "object" }) } } },
    "/metrics": {
      get: {
        security: [],
        responses: {
          200: { description: "For Prometheus", content: { "text/plain": { schema: { type: "string" } } } },
        },
      },
    },
    "/openapi.json": { get: { security: [], responses: { 200: json("This", { type: "object" }) } } },
    "/v1/jobs": {
      get: {
        parameters: [{ name: "state", in: "query", schema: { type: "string", enum: states } }],
        responses: {
          200: json("The token's jobs, the newest first; of those that failed the reason, too", {
            type: "object",
            required: ["jobs"],
            properties: { jobs: { type: "array", items: job } },
          }),
          400: error("Invalid parameters"),
          401: unknown,
          429: busy,
        },
      },
      post: {
        description: "Uploads an MR as it is, and queues it.",
        parameters: [
          {
            name: "format",
            in: "query",
            required: true,
            schema: { type: "string", enum: EXTENSIONS },
          },
          flag("labels", "Of the model of heads: ten classes of tissue, too"),
          flag("uncertainty", "Of the model of heads: what the synthetic CT may be off by, too"),
          flag("classify", "Density classes, too"),
          flag("report", "report.html, too"),
          {
            name: "priority",
            in: "query",
            description: "Smaller is sooner; the same: first come, first served",
            schema: {
              type: "integer",
              minimum: PRIORITY.first,
              maximum: PRIORITY.last,
              default: PRIORITY.usual,
            },
          },
          {
            name: "Idempotency-Key",
            in: "header",
            description: "The same key makes no second job",
            schema: { type: "string", pattern: "^[A-Za-z0-9_-]{8,100}$" },
          },
        ],
        requestBody: {
          required: true,
          content: {
            "application/octet-stream": { schema: { type: "string", format: "binary", minLength: 1 } },
          },
        },
        responses: {
          200: json("The job of an earlier request with this key", job),
          201: {
            ...json("Queued", job),
            headers: { Location: { required: true, schema: { type: "string" } } },
            links: Object.fromEntries(
              ["getJob", "jobEvents", "deleteJob"].map((operationId) => [
                operationId,
                { operationId, parameters: { id: "$response.body#/id" } },
              ]),
            ),
          },
          400: error("Invalid parameters, or a body that broke off"),
          401: unknown,
          409: error("A request with this key is on its way, or was another one"),
          413: error("Too large"),
          415: error("A form, or JSON"),
          429: error("Too many jobs, or requests, of this token at once"),
          507: error("The server's disk is full"),
        },
      },
    },
    "/v1/jobs/{id}": {
      parameters: [id],
      get: {
        operationId: "getJob",
        responses: { 200: json("The job", job), 401: unknown, 404: absent, 429: busy },
      },
      delete: {
        operationId: "deleteJob",
        description: "Cancels it, and deletes all its files.",
        responses: { 204: { description: "Deleted" }, 401: unknown, 404: absent, 429: busy },
      },
    },
    "/v1/jobs/{id}/events": {
      parameters: [id],
      get: {
        operationId: "jobEvents",
        description: "The job, each time it changes, until it ends.",
        responses: {
          200: {
            description: "Events of the name job",
            content: {
              "text/event-stream": {
                itemSchema: {
                  type: "object",
                  required: ["event", "data"],
                  properties: {
                    event: { const: "job" },
                    data: { type: "string", contentMediaType: "application/json", contentSchema: job },
                  },
                },
              },
            },
          },
          401: unknown,
          404: absent,
          429: busy,
        },
      },
    },
    "/v1/jobs/{id}/files/{name}": {
      parameters: [id, { name: "name", in: "path", required: true, schema: { type: "string" } }],
      get: {
        responses: {
          200: {
            description: "The file",
            content: {
              "application/octet-stream": { schema: { type: "string", format: "binary" } },
              "application/json": { schema: { type: "object" } },
              "text/html": { schema: { type: "string" } },
            },
          },
          401: unknown,
          404: absent,
          429: busy,
        },
      },
    },
    "/v1/queue/failed": {
      get: {
        description: "What failed, of all tokens, with the reason. For admins.",
        responses: {
          200: json("Jobs that failed", {
            type: "object",
            required: ["jobs"],
            properties: {
              jobs: {
                type: "array",
                items: {
                  type: "object",
                  required: ["id", "owner", "created", "ended", "reason"],
                  properties: {
                    id: { type: "string" },
                    owner: { type: "string" },
                    created: time,
                    ended: time,
                    reason: { type: "string" },
                  },
                },
              },
            },
          }),
          401: unknown,
          403: admins,
          429: busy,
        },
      },
    },
    "/v1/queue/pause": {
      post: {
        description: "Begins no job any more; those that run are finished. For admins.",
        responses: { 200: json("Paused", paused), 401: unknown, 403: admins, 429: busy },
      },
    },
    "/v1/queue/resume": {
      post: {
        description: "Goes on. For admins.",
        responses: { 200: json("Not paused", paused), 401: unknown, 403: admins, 429: busy },
      },
    },
  },
  components: {
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
    schemas: {
      Error: {
        type: "object",
        required: ["error"],
        properties: { error: { type: "string" }, where: { type: "string" } },
      },
      Job: {
        type: "object",
        required: ["id", "state", "created", "plan"],
        properties: {
          id: { type: "string" },
          state: { type: "string", enum: states },
          created: time,
          ended: time,
          priority: { type: "integer" },
          progress: { type: "number", minimum: 0, maximum: 1, description: "Share that is done" },
          reason: { type: "string" },
          files: { type: "array", items: { type: "string" } },
          plan: { type: "object" },
        },
      },
    },
  },
} as const;
