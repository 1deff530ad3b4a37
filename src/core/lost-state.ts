// State that a store should have and has not (control path): keys that were written and are gone, or do not verify.
import { MillraceError } from './errors.ts';

/** Keys that a message names. */
const NAMED_KEYS_MAX = 3;

/** Before the id of a stage whose state has no keys; no key of state begins so. */
const STAGE_MARK = ':';

/** The key under which the state of a stage without keys is lost. */
export function stageKey(stage: string): string {
  return STAGE_MARK + stage;
}

/** The stage of such a key; null for a key of state. */
export function stageOfKey(key: string): string | null {
  return key.startsWith(STAGE_MARK) ? key.slice(STAGE_MARK.length) : null;
}

export function keysText(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED_KEYS_MAX).map((key) => JSON.stringify(key));
  const more = keys.length > named.length ? ` and ${keys.length - named.length} more` : '';
  return `${named.join(', ')}${more}`;
}

/** Thrown where state is needed that the store has lost: code STORE_LOST. */
export class StateLost extends MillraceError {
  /** `<stage>:<key>`, or those of `stageKey`. */
  readonly keys: readonly string[];

  constructor(keys: readonly string[], why: string, where: string, cause?: unknown) {
    super('STORE_LOST', `${why}: ${keysText(keys)}`, {
      where,
      remedy:
        'The engine rebuilds it from the log. Give the state store memory and disk that no other program touches.',
      ...(cause === undefined ? {} : { cause }),
    });
    this.keys = keys;
  }
}
