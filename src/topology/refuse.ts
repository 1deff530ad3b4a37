// One error for all problems of a topology (control path).
import { problemText, type Problem } from '../core/definition.ts';
import { MillraceError } from '../core/errors.ts';

/** @throws MillraceError TOPOLOGY_INVALID that lists the problems; nothing if there are none */
export function refuse(name: string, problems: readonly Problem[], remedy?: string): void {
  const lines = [...new Set(problems.map((problem) => problemText(problem)))];
  if (lines.length === 0) return;
  const what =
    lines.length === 1 ? (lines[0] as string) : `${lines.length} problems:\n  ${lines.join('\n  ')}\n `;
  throw new MillraceError('TOPOLOGY_INVALID', what, {
    where: `topology ${name}`,
    remedy: remedy ?? 'Change what the message names.',
  });
}
