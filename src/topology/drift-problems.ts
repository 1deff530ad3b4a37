// What a topology's lists of drift statistics and detectors must hold to (control path).
import type { DriftOptions } from './learning-options.ts';

const NAME = /^[a-z][a-z0-9_]*$/;

/** The report that `psi` and `ks` share. */
const RESERVED = 'psi_ks';

export function driftProblems(drift: DriftOptions | boolean = false): string[] {
  if (typeof drift === 'boolean') return [];
  const problems: string[] = [];
  const names = [...(drift.statistics ?? []), ...(drift.detectors ?? [])].map(({ name }) => name);
  for (const [i, name] of names.entries()) {
    if (!NAME.test(name) || name === RESERVED)
      problems.push(
        `the drift statistic or detector '${name}' needs a name of lower-case letters, digits and underscores`,
      );
    if (names.indexOf(name) < i) problems.push(`drift has two statistics or detectors named '${name}'`);
  }
  return problems;
}
