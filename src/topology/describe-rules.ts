// The rules of a contract for people (control path).
import type { Rule, Requirement } from '../operators/contract-rule.ts';
import { describeSelection } from '../operators/predicate.ts';
import { formatDuration } from '../core/time.ts';

/** Values of a list that a line shows. */
const SHOWN_MAX = 5;

/** `range(amount): low 0, high 50000; dead-letter` */
export function describeRule({ name, requires, otherwise, where }: Rule): string {
  const required = requirementText(requires);
  const action = typeof otherwise === 'string' ? otherwise : `default ${JSON.stringify(otherwise.default)}`;
  return `${name}${describeSelection(where)}${required === '' ? '' : `: ${required}`}; ${action}`;
}

function requirementText(requires: Requirement): string {
  return Object.entries(requires)
    .filter(([key]) => key !== 'condition') // it is in the name
    .map(([key, value]) => `${key} ${valueText(key, value)}`)
    .join(', ');
}

function valueText(key: string, value: unknown): string {
  if (Array.isArray(value)) {
    const more = value.length > SHOWN_MAX ? ` and ${value.length - SHOWN_MAX} more` : '';
    return value.slice(0, SHOWN_MAX).join(' | ') + more;
  }
  if (typeof value === 'number' && (key === 'over' || key.endsWith('Ms'))) return formatDuration(value);
  return String(value);
}
