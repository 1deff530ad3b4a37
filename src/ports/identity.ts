// Port: who sent a request, and who may tell (control path).
import type { Access, Role } from '../core/roles.ts';

export interface Grant {
  readonly role: Role;
  /** Name of a topology; `*` for every topology. */
  readonly topology: string;
}

export interface Identity {
  /** `anonymous`, or what the credential was: an API key, a JSON Web Token, or the token of MILLRACE_TOKEN. */
  readonly kind: 'anonymous' | 'key' | 'jwt' | 'token';
  /** For the audit log: `key 1f2e3d4c5b6a7988 (ci)`, `alice at https://issuer.example`; never a secret. */
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Whether the credential still holds: it has not expired, and was not revoked. */
  readonly holds: () => boolean;
}

/** The sender of a request, as a handler sees it. */
export interface Caller {
  /** For the audit log. */
  readonly name: string;
  /** Network address of the client; null if it is not known. */
  readonly address: string | null;
  /** Whether it may do what requires `needed`. @param topology by default the one that runs here */
  readonly may: (needed: Access, topology?: string) => boolean;
}

/** One kind of credential. */
export interface CredentialVerifier {
  /**
   * Whether a credential has the form of this kind; no other verifier is asked then. Cheap, and looks at nothing but the
   * text.
   */
  recognises(credential: string): boolean;
  /**
   * The identity; null if the credential is wrong, expired or revoked.
   * @throws an environment fault while it cannot be verified
   */
  verify(credential: string): Promise<Identity | null>;
  /** Whether many tries could find one: it is not compared while the sender of wrong ones has to wait. */
  readonly canBeGuessed: boolean;
  /** Whether this kind is in use: with none in use, every request is anonymous. */
  readonly isConfigured: boolean;
  /** Whether callers on loopback may still read without a credential while no other kind is in use. */
  readonly leavesReadingOpen: boolean;
  close(): Promise<void>;
}
