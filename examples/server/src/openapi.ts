const job = { $ref: "#/components/schemas/Job" };
const error = (description: string) => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
});
const json = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});
const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
const flag = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "string", enum: ["true", "false"], default: "false" },
});
const absent = error("No such job of this token");
const unknown = error("No token, or none of this server's");

/** What the server understands. */
export const openApi = {
  openapi: "3.1.0",
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
        responses: {
          200: json("The token's jobs", {
            type: "object",
            required: ["jobs"],
            properties: { jobs: { type: "array", items: job } },
          }),
          401: unknown,
        },
      },
      post: {
        description: "Uploads an MR as it is, and queues it.",
        parameters: [
          {
            name: "format",
            in: "query",
            required: true,
            schema: { type: "string", enum: [".nii.gz", ".nii", ".mha", ".nrrd", ".mgz", ".mgh"] },
          },
          flag("labels", "Of the model of heads: ten classes of tissue, too"),
          flag("uncertainty", "Of the model of heads: what the synthetic CT may be off by, too"),
          flag("classify", "Density classes, too"),
          flag("report", "report.html, too"),
          {
            name: "Idempotency-Key",
            in: "header",
            description: "The same key makes no second job",
            schema: { type: "string", pattern: "^[A-Za-z0-9_-]{8,100}$" },
          },
        ],
        requestBody: {
          required: true,
          content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
        },
        responses: {
          200: json("The job of an earlier request with this key", job),
          201: json("Queued", job),
          400: error("Invalid parameters, or a body that broke off"),
          401: unknown,
          409: error("A request with this key is on its way"),
          413: error("Too large"),
          429: error("Too many jobs at once"),
          507: error("The server's disk is full"),
        },
      },
    },
    "/v1/jobs/{id}": {
      parameters: [id],
      get: { responses: { 200: json("The job", job), 401: unknown, 404: absent } },
      delete: {
        description: "Cancels it, and deletes all its files.",
        responses: { 204: { description: "Deleted" }, 401: unknown, 404: absent },
      },
    },
    "/v1/jobs/{id}/events": {
      parameters: [id],
      get: {
        description: "The job, each time it changes, until it ends.",
        responses: {
          200: {
            description: "Events of the name job",
            content: { "text/event-stream": { schema: { type: "string" } } },
          },
          401: unknown,
          404: absent,
        },
      },
    },
    "/v1/jobs/{id}/files/{name}": {
      parameters: [id, { name: "name", in: "path", required: true, schema: { type: "string" } }],
      get: {
        responses: {
          200: {
            description: "The file",
            content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
          },
          401: unknown,
          404: absent,
        },
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
          state: { type: "string", enum: ["queued", "running", "done", "failed"] },
          created: { type: "string", format: "date-time" },
          ended: { type: "string", format: "date-time" },
          reason: { type: "string" },
          files: { type: "array", items: { type: "string" } },
          plan: { type: "object" },
        },
      },
    },
  },
} as const;
