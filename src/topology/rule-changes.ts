// Whether a rule of a contract became stricter or more lenient (control path). A stricter rule that sets events aside breaks
// producers; consumers relied on what a more lenient one lets pass.
import type { Requirement } from '../operators/contract-rule.ts';
import type { Change } from './change.ts';
import type { DescribedRule } from './description.ts';

/** How what a rule allows has changed; both if it can't be said. */
interface Shift {
  readonly isStricter: boolean;
  readonly isMoreLenient: boolean;
}

const NONE: Shift = { isStricter: false, isMoreLenient: false };
const UNKNOWN: Shift = { isStricter: true, isMoreLenient: true };

/** Bounds of what is allowed. */
const UPPER = ['high', 'behindMs', 'aheadMs'];
const LOWER = ['low'];

/** @param key the rule's name and which events it is for; two rules of one name are compared one by one */
export function ruleChanges(
  key: string,
  before: readonly DescribedRule[],
  after: readonly DescribedRule[],
): Change[] {
  const count = Math.max(before.length, after.length);
  return Array.from({ length: count }, (_, i) => i).flatMap((i) => ruleChange(key, before[i], after[i]));
}

function ruleChange(
  key: string,
  before: DescribedRule | undefined,
  after: DescribedRule | undefined,
): Change[] {
  const [was, is] = [before?.action ?? null, after?.action ?? null];
  if (before === undefined || after === undefined) {
    const what = after === undefined ? `the rule ${key} is gone` : `the rule ${key} is new: ${is}`;
    return effects(what, { isStricter: before === undefined, isMoreLenient: after === undefined }, was, is);
  }
  const shift = shiftOf(before.requires, after.requires);
  const changes = isShifted(shift)
    ? effects(
        `the rule ${key} requires ${JSON.stringify(after.requires)}, and required ${JSON.stringify(before.requires)}`,
        shift,
        was,
        is,
      )
    : [];
  if (was === is) return changes;
  const what = `what breaks the rule ${key} is now for ${is}, and was for ${was}`;
  return [
    ...changes,
    ...effects(
      what,
      { isStricter: is === 'dead-letter', isMoreLenient: guards(was) && !guards(is) },
      was,
      is,
    ),
  ];
}

/** Whether consumers get no value that breaks the rule. */
function guards(action: DescribedRule['action'] | null): boolean {
  return action === 'dead-letter' || action === 'default';
}

/** Only what is set aside, or was, changes what producers may send and consumers get. */
function effects(
  what: string,
  { isStricter, isMoreLenient }: Shift,
  was: DescribedRule['action'] | null,
  is: DescribedRule['action'] | null,
): Change[] {
  const isRefusing = is === 'dead-letter';
  return [
    ...(isStricter ? [{ who: 'producers', breaks: isRefusing, what } as const] : []),
    ...(isMoreLenient ? [{ who: 'consumers', breaks: guards(was), what } as const] : []),
  ];
}

function isShifted({ isStricter, isMoreLenient }: Shift): boolean {
  return isStricter || isMoreLenient;
}

function shiftOf(before: Requirement, after: Requirement): Shift {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((name) => shiftOfPart(name, before[name], after[name]))
    .reduce(
      (all, one) => ({
        isStricter: all.isStricter || one.isStricter,
        isMoreLenient: all.isMoreLenient || one.isMoreLenient,
      }),
      NONE,
    );
}

function shiftOfPart(name: string, before: unknown, after: unknown): Shift {
  if (JSON.stringify(before) === JSON.stringify(after)) return NONE;
  if (UPPER.includes(name) || LOWER.includes(name)) {
    const sign = LOWER.includes(name) ? -1 : 1;
    // An upper bound that is left out is none: Infinity; JSON has null for it.
    const bound = (value: unknown): number => (typeof value === 'number' ? sign * value : Infinity);
    const [was, is] = [bound(before), bound(after)];
    return { isStricter: is < was, isMoreLenient: is > was };
  }
  if (name === 'values' && Array.isArray(before) && Array.isArray(after)) {
    return { isStricter: !isSubset(before, after), isMoreLenient: !isSubset(after, before) };
  }
  if (name === 'strictly') return { isStricter: after === true, isMoreLenient: before === true };
  return UNKNOWN;
}

function isSubset(part: readonly unknown[], whole: readonly unknown[]): boolean {
  const values = new Set(whole);
  return part.every((value) => values.has(value));
}
