// What a vitest JSON report counts. A test file that does not load counts as one failure.
//
//   node test/support/counts.mjs REPORT   prints { passed, failed, skipped, failures } as JSON
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** @param {string} path a report of `vitest --reporter=json` */
export function countsOf(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (status === "failed" && failed.length === 0) return [`${name}: ${message}`];
    return failed.map((test) => `${name}: ${test.fullName}\n${test.failureMessages.join("\n")}`);
  });
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(countsOf(process.argv[2])));
}
