// What the engine makes of an answer of the schema registry (control path), by its HTTP status.
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { FaultKind } from '../../core/faults.ts';

/** What a request is about: the schema of an id that a record carries, or a subject that the engine needs itself. */
export type RegistryQuestion = 'id' | 'subject';

/** Statuses of a registry, or of a proxy before it, that is away, starting, electing or busy. */
export const passingStatuses: ReadonlySet<number> = new Set([408, 421, 423, 425, 429]);

/**
 * For an id, what it is if the registry gives no other schema either: see SchemaLookup.
 * @param status undefined if there was no answer, or none that can be read
 */
export function registryFault(status: number | undefined, question: RegistryQuestion): FaultKind {
  if (status === undefined || status >= 500 || passingStatuses.has(status)) return 'environment';
  // Wrong credentials concern every id alike.
  if (status === 401 || status === 407 || status < 400) return 'configuration';
  // The registry knows the id and will not, or cannot, show its schema: the records that name it are at fault.
  return question === 'id' ? 'record' : 'configuration';
}

/** HTTP status of the client's RestError; undefined if there was no answer, or none that can be read. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** The errors of one registry. */
export class RegistryErrors {
  /** The registry's URL. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  denied(what: string, cause: unknown): MillraceError {
    return new MillraceError('REGISTRY_FAILED', `the schema registry denies access: ${messageOf(cause)}`, {
      where: `${what} at ${this.name}`,
      remedy:
        'Correct MILLRACE_SCHEMA_REGISTRY_USERNAME and MILLRACE_SCHEMA_REGISTRY_PASSWORD, or the user and the password in MILLRACE_SCHEMA_REGISTRY_URL, or what the registry allows that user.',
      cause,
    });
  }

  unavailable(cause: unknown): MillraceError {
    return new MillraceError(
      'REGISTRY_UNAVAILABLE',
      `the schema registry does not answer: ${messageOf(cause)}`,
      {
        where: this.name,
        remedy: 'Start it, or correct MILLRACE_SCHEMA_REGISTRY_URL.',
        cause,
      },
    );
  }
}
