import { describe, expect, it } from "vitest";
import { identityModel } from "../../../test/support/identity-model.ts";
import { MidashError } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import { Registry } from "../plugin/index.ts";
import { autoBackends, openFirst } from "./auto-backend.ts";

const OPTIONS = { random: new Random(0), weights: {} };
const { backend: none, factory } = identityModel();
const spec = factory();

const absent: Backend = {
  name: "absent",
  supports: async () => ({ reason: "the package absent is not installed" }),
  open: async () => none.open(),
};
const broken: Backend = {
  name: "broken",
  supports: async () => true,
  open: async () => {
    throw new MidashError("unsupported", "does not start");
  },
};

describe("openFirst", () => {
  it("takes the first that works, and says why those before it were not taken", async () => {
    const { session, passedOver } = await openFirst(spec, [absent, broken, none], OPTIONS);
    expect(session.backend).toBe("none");
    expect(passedOver).toEqual([
      { backend: "absent", reason: "the package absent is not installed" },
      { backend: "broken", reason: "does not start" },
    ]);
  });

  it("refuses in one error that names each backend and its reason", async () => {
    const error = await openFirst(spec, [absent, broken], OPTIONS).catch((e: unknown) => e as MidashError);
    expect(error).toBeInstanceOf(MidashError);
    expect((error as MidashError).kind).toBe("unsupported");
    expect((error as MidashError).message).toBe(
      "backend auto: no backend runs the model here: absent (the package absent is not installed); broken (does not start); " +
        "midash doctor lists what works here",
    );
  });

  it("names those alone that might run the model, and what they lack", async () => {
    const create = async () => {
      throw new MidashError("unsupported", "runs on graphs alone");
    };
    const cpu = { ...none, name: "cpu" };
    const error = await openFirst({ ...spec, create }, [absent, cpu], OPTIONS).catch((e: unknown) => e);
    expect(String(error)).toBe(
      "MidashError: backend auto: no backend runs the model here: absent (the package absent is not installed); midash doctor lists what works here",
    );
  });

  it.each([
    ["a damaged model", new MidashError("invalid-file", "weights don't fit the model")],
    ["a fault of ours", new TypeError("x is not a function")],
  ])("does not hide %s behind another backend", async (_what, fault) => {
    const create = async () => {
      throw fault;
    };
    await expect(openFirst({ ...spec, create }, [none, none], OPTIONS)).rejects.toBe(fault);
  });
});

it("auto tries ONNX Runtime, then wasm, then cpu", () => {
  expect(autoBackends(new Registry()).map(({ name }) => name)).toEqual(["onnx", "wasm", "cpu"]);
});
