// What the engine makes of an answer of the schema registry (control path), by its HTTP status.
import type { FaultKind } from '../../core/faults.ts';

/** What a request is about: the schema of an id that a record carries, or a subject that the engine needs itself. */
export type RegistryQuestion = 'id' | 'subject';

/** Statuses of a registry, or of a proxy before it, that is away, starting, electing or busy. */
export const passingStatuses: ReadonlySet<number> = new Set([408, 421, 423, 425, 429]);

/** @param status undefined if there was no answer */
export function registryFault(status: number | undefined, question: RegistryQuestion): FaultKind {
  if (status === undefined || status >= 500 || passingStatuses.has(status)) return 'environment';
  // Wrong credentials concern every id alike.
  if (status === 401 || status === 407 || status < 400) return 'configuration';
  // The registry knows the id and will not, or cannot, show its schema: the records that name it are at fault.
  return question === 'id' ? 'record' : 'configuration';
}
