/** One line of JSON. Takes facts by name; nobody hands it a path, a file's name, a query or a body. */
export type Log = (facts: Readonly<Record<string, string | number | undefined>>) => void;

export const stdoutLog: Log = (facts) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...facts })}\n`);
};
