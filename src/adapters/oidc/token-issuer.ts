// JSON Web Tokens of an issuer as credentials (control path): verified with jose by the issuer's key set, which is cached,
// rotated and bounded.
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import { MillraceError, messageOf } from '../../core/errors.ts';
import {
  JWKS_BYTES_MAX,
  JWKS_COOL_DOWN_MS,
  JWKS_KEPT_MS,
  JWKS_MS_MAX,
  JWT_CHARS_MAX,
  JWT_ROLES_MAX,
} from '../../core/port-limits.ts';
import { isRole } from '../../core/roles.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { CredentialVerifier, Grant, Identity } from '../../ports/identity.ts';
import { readBounded } from '../shared/bounded-body.ts';

/** Algorithms with public keys: one with a shared secret could be verified with what is public. */
export type TokenAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

export interface TokenIssuerOptions {
  /** URL of the key set. */
  readonly url: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  /** How far the issuer's clock may be off, ms. */
  readonly clockSkewMs: number;
  /** The claim with the roles: names separated by dots, `realm_access.roles`. */
  readonly rolesClaim: string;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
  /** Time between two requests for a key set that lacks a key, ms. */
  readonly coolDownMs?: number;
}

/** Three parts of base64url; the header begins with `{"`. */
const FORM = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** A key set of the issuer. @throws Error for another status, or more than JWKS_BYTES_MAX bytes */
async function fetchKeys(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}`);
  const body = await readBounded(response.body, JWKS_BYTES_MAX);
  if (body === null) throw new Error(`more than ${JWKS_BYTES_MAX} bytes`);
  return new Response(body, { status: 200 });
}

/** The value of a claim; undefined if there is none. */
function claimOf(payload: JWTPayload, path: string): unknown {
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name]; // an object that has the name
  }
  return value;
}

/** `viewer` is for every topology, `payments:approver` for one; what is neither gives nothing. */
export function grantsOf(claim: unknown): readonly Grant[] {
  const texts: readonly unknown[] = Array.isArray(claim)
    ? claim
    : typeof claim === 'string'
      ? claim.split(' ')
      : [];
  return texts.slice(0, JWT_ROLES_MAX).flatMap((text) => {
    if (typeof text !== 'string') return [];
    const at = text.lastIndexOf(':');
    const role = text.slice(at + 1);
    const topology = at === -1 ? '*' : text.slice(0, at);
    return isRole(role) && topology !== '' && (at === -1 || topology !== '*') ? [{ role, topology }] : [];
  });
}

/** Tokens of one issuer. Its keys are requested with the first token. */
export function tokenIssuer(options: TokenIssuerOptions): CredentialVerifier {
  const { url, issuer, audience, algorithms, clockSkewMs, rolesClaim, nowMs } = options;
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: JWKS_MS_MAX,
    cooldownDuration: options.coolDownMs ?? JWKS_COOL_DOWN_MS,
    cacheMaxAge: JWKS_KEPT_MS,
    [customFetch]: fetchKeys,
  });
  const identityOf = (payload: JWTPayload): Identity => {
    const expiresAtMs = (payload.exp ?? 0) * MS_PER_SECOND + clockSkewMs;
    return {
      kind: 'jwt',
      name: `${String(payload.sub).slice(0, 200)} at ${issuer}`.replaceAll(/\p{Cc}/gu, ' '),
      grants: grantsOf(claimOf(payload, rolesClaim)),
      holds: () => nowMs() < expiresAtMs,
    };
  };
  return {
    isConfigured: true,
    leavesReadingOpen: false,
    canBeGuessed: false,
    recognises: (credential) => FORM.test(credential),
    async verify(credential) {
      if (credential.length > JWT_CHARS_MAX) return null;
      try {
        const { payload } = await jwtVerify(credential, keys, {
          issuer,
          audience,
          algorithms: [...algorithms],
          clockTolerance: clockSkewMs / MS_PER_SECOND,
          requiredClaims: ['exp', 'sub'],
          currentDate: new Date(nowMs()),
        });
        return identityOf(payload);
      } catch (error) {
        if (isOfToken(error)) return null;
        throw new MillraceError(
          'ISSUER_UNAVAILABLE',
          `the keys of the issuer cannot be read: ${messageOf(error)}`,
          {
            where: issuer,
            remedy: 'Check MILLRACE_JWKS_URL, and that it answers.',
            cause: error,
          },
        );
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Whether an error says that the token is not valid, and not that the keys cannot be had. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
