// Who sent a request, and whether they may do what it asks for (control path): the same for HTTP and WebSockets.
import type { Access, Role } from '../../core/roles.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { CredentialVerifier, Identity } from '../../ports/identity.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { ANONYMOUS, anonymousWith, mayDo } from './caller.ts';
import { FailureThrottle } from './failure-throttle.ts';

/** Why a caller may not do something. */
export interface Refusal {
  /** 401: without a credential that holds; 403: with one that does not suffice; 429: after too many wrong ones. */
  readonly status: 401 | 403 | 429;
  readonly code: 'UNAUTHORIZED' | 'FORBIDDEN' | 'TOO_MANY_FAILURES';
  readonly message: string;
  readonly remedy: string;
  /** When the sender may try again, s. */
  readonly retryAfterS?: number;
}

export interface AccessOptions {
  /** The running topology. */
  readonly topology: string;
  /** Roles of callers without a credential; null: all of them until a kind of credential is configured. */
  readonly anonymous: readonly Role[] | null;
  /** The first that recognises a credential decides about it. */
  readonly verifiers: readonly CredentialVerifier[];
  readonly telemetry: Pick<Telemetry, 'count'>;
  /** Monotonic time, ms. */
  readonly nowMs?: () => number;
}

const NEEDS_ONE = 'Send the header Authorization: Bearer CREDENTIAL, with an API key or a token.';

export class AccessControl {
  readonly topology: string;
  /** Callers without a credential. */
  readonly anonymous: Identity;
  readonly #verifiers: readonly CredentialVerifier[];
  readonly #telemetry: Pick<Telemetry, 'count'>;
  readonly #failures: FailureThrottle;

  constructor({ topology, anonymous, verifiers, telemetry, nowMs }: AccessOptions) {
    this.topology = topology;
    this.#verifiers = verifiers;
    this.#telemetry = telemetry;
    this.#failures = new FailureThrottle(nowMs ?? (() => performance.now()));
    this.anonymous = anonymousWith(() => anonymous ?? this.#anonymousByDefault());
  }

  /** Whether any kind of credential is in use. */
  get isConfigured(): boolean {
    return this.#verifiers.some(({ isConfigured }) => isConfigured);
  }

  /**
   * Who has the credential. Without any kind of credential in use, none is looked at. What cannot be guessed is verified
   * also for an address that has to wait, which others may share: a proxy's, for example.
   * @param address of the sender
   * @param isOpen whether the request is open to all, such as a probe: a wrong credential is then none, and counts only
   *   where many tries could find one
   * @throws an environment fault while it cannot be verified
   */
  async identify(
    credential: string | null,
    address: string,
    isOpen: boolean = false,
  ): Promise<Identity | Refusal> {
    if (credential === null || !this.isConfigured) return this.anonymous;
    const verifier = this.#verifiers.find((one) => one.recognises(credential));
    const waitMs = this.#failures.waitMs(address);
    const isLookedAt = verifier !== undefined && (waitMs === 0 || !verifier.canBeGuessed);
    const identity = isLookedAt ? await verifier.verify(credential) : null;
    if (identity?.holds() === true) return identity;
    if (isOpen) {
      if (verifier?.canBeGuessed === true) this.#failures.failed(address);
      return this.anonymous;
    }
    if (waitMs > 0) return this.#refused(tooMany(waitMs));
    this.#failures.failed(address);
    return this.#refused({
      status: 401,
      code: 'UNAUTHORIZED',
      message: 'the credential is not valid: it is wrong, expired or revoked',
      remedy: NEEDS_ONE,
    });
  }

  /** Null if the identity may do what requires `needed` to the running topology. */
  authorize(identity: Identity, needed: Access): Refusal | null {
    if (mayDo(identity, needed, this.topology)) return null;
    return this.refuse(identity.name, needed, this.topology);
  }

  /** Why a caller without the role for a topology is refused, which is counted. @param name of the caller */
  refuse(name: string, needed: Access, topology: string): Refusal {
    if (name === ANONYMOUS)
      return this.#refused({
        status: 401,
        code: 'UNAUTHORIZED',
        message: `this needs a credential with the role ${needed}`,
        remedy: NEEDS_ONE,
      });
    return this.#refused({
      status: 403,
      code: 'FORBIDDEN',
      message: `${name} does not have the role ${needed} for ${topology}`,
      remedy: 'Use a credential with that role.',
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#verifiers.map((verifier) => verifier.close()));
  }

  /** On loopback callers may do everything until credentials are in use; MILLRACE_TOKEN alone leaves reading open. */
  #anonymousByDefault(): readonly Role[] {
    const used = this.#verifiers.filter(({ isConfigured }) => isConfigured);
    if (used.length === 0) return ['admin'];
    return used.every(({ leavesReadingOpen }) => leavesReadingOpen) ? ['viewer', 'subscriber'] : [];
  }

  #refused(refusal: Refusal): Refusal {
    this.#telemetry.count('access_refusals_total', 1, { code: refusal.code });
    return refusal;
  }
}

function tooMany(waitMs: number): Refusal {
  const retryAfterS = Math.ceil(waitMs / MS_PER_SECOND);
  return {
    status: 429,
    code: 'TOO_MANY_FAILURES',
    message: 'too many wrong credentials came from this address',
    remedy: `Wait ${retryAfterS} s, and send a valid one.`,
    retryAfterS,
  };
}

export function isRefusal(found: Identity | Refusal): found is Refusal {
  return 'status' in found;
}
