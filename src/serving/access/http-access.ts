// Authorizes HTTP requests (control path): credentials come in the header Authorization and nowhere else.
import type { Access } from '../../core/roles.ts';
import type { Caller } from '../../ports/identity.ts';
import type { CanonicalHead, HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { reply } from '../response.ts';
import { type AccessControl, isRefusal, type Refusal } from './access-control.ts';
import { callerOf } from './caller.ts';

/** The bearer credential of a header (RFC 6750, section 2.1); null for another scheme. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

/**
 * The credential among the subprotocols that a WebSocket client offers, `bearer.CREDENTIAL`: a browser can set no header
 * of its own. Null if there is none.
 */
export function bearerProtocol(offered: string | undefined): string | null {
  const protocol = offered?.split(/\s*,\s*/).find((name) => name.startsWith('bearer.'));
  return protocol?.slice('bearer.'.length) ?? null;
}

/** Either the caller of a request that may pass, or the response to one that may not. */
export type Admission =
  | { readonly caller: Caller; readonly refusal: null }
  | { readonly caller: null; readonly refusal: HttpResponse };

/** @throws an environment fault while the credential cannot be verified */
export async function admit(access: AccessControl, request: HttpRequest, needed: Access): Promise<Admission> {
  const credential = bearerOf(request.headers.get('authorization'));
  const refused = (refusal: Refusal): Admission => ({
    caller: null,
    refusal: responseTo(refusal, needed, credential),
  });
  const identity = await identified(access, request, credential, needed);
  if (isRefusal(identity)) return refused(identity);
  const refusal = access.authorize(identity, needed);
  if (refusal !== null) return refused(refusal);
  return { caller: callerOf(identity, request.peer, access.topology), refusal: null };
}

/** The response to a request without a credential that needs one; null for one that may pass or has to be verified. */
export function refusedUnseen(
  access: AccessControl,
  { headers }: CanonicalHead,
  needed: Access,
): HttpResponse | null {
  if (bearerOf(headers.get('authorization')) !== null) return null;
  const refusal = access.authorize(access.anonymous, needed);
  return refusal === null ? null : responseTo(refusal, needed, null);
}

/** The response to a caller who lacks a role for a topology that its request names; null for one who has it. */
export function refusedFor(
  access: AccessControl,
  caller: Caller,
  needed: Access,
  topology: string,
): HttpResponse | null {
  return caller.may(needed, topology)
    ? null
    : responseTo(access.refuse(caller.name, needed, topology), needed, null);
}

/** What is open to all, such as a probe, is not refused because of a credential that does not matter. */
async function identified(
  access: AccessControl,
  { peer }: HttpRequest,
  credential: string | null,
  needed: Access,
): ReturnType<AccessControl['identify']> {
  try {
    return await access.identify(credential, peer, needed === 'open');
  } catch (error) {
    if (needed === 'open') return access.anonymous;
    throw error;
  }
}

/** With the challenge of RFC 6750, section 3. */
function responseTo(
  { status, code, message, remedy, retryAfterS }: Refusal,
  needed: Access,
  sent: string | null,
): HttpResponse {
  const response = reply.error(status, code, message, remedy);
  if (retryAfterS !== undefined)
    return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfterS) } };
  const why =
    status === 403
      ? `, error="insufficient_scope", scope="${needed}"`
      : sent === null
        ? ''
        : ', error="invalid_token"';
  return {
    ...response,
    headers: { ...response.headers, 'www-authenticate': `Bearer realm="millrace"${why}` },
  };
}
