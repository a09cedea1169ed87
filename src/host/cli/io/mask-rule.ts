import { type MetricReport, type MetricValue, metricsOf } from "../../../evaluation/metrics/index.ts";

/** The body that scores are taken in when nobody gives a mask, in words. */
export const BODY = "body of the CT (largest part above -300 HU, holes filled)";

/** Where the cases of a test are scored, in words. */
export const TESTED = `${BODY} and the case's mask, where it has one`;

/** The library saw a mask that a command made, so its reports call it "given": this names it. */
export function withMaskRule(report: MetricReport, words: string): MetricReport {
  const renamed = (value: MetricValue): MetricValue => ({
    ...value,
    maskRule: value.maskRule
      .replace("the given mask (above 0)", `the ${words}`)
      .replace("the given mask", `the ${words}`),
  });
  const { classes } = report;
  return {
    ...report,
    ...Object.fromEntries(metricsOf(report).map(([name, value]) => [name, renamed(value)])),
    ...(classes ? { classes: classes.map((c) => ({ ...c, mae: renamed(c.mae), me: renamed(c.me) })) } : {}),
  };
}
