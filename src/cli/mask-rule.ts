import { METRIC_NAMES, type MetricReport } from "../metrics/index.ts";

/** The body that scores are taken in when nobody gives a mask, in words. */
export const BODY = "body of the CT (largest part above -300 HU, holes filled)";

/** Where the cases of a test are scored, in words. */
export const TESTED = `${BODY} and the case's mask, where it has one`;

/** The library saw a mask that a command made, so its reports call it "given": this names it. */
export function withMaskRule(report: MetricReport, words: string): MetricReport {
  const renamed = METRIC_NAMES.map((name) => {
    const rule = report[name].maskRule.replace("the given mask (above 0)", `the ${words}`);
    return [name, { ...report[name], maskRule: rule.replace("the given mask", `the ${words}`) }];
  });
  return { ...report, ...Object.fromEntries(renamed) };
}
