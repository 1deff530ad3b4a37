// An access token by client credentials (control path): RFC 6749, sections 4.4 and 5.
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { TOKEN_ANSWER_BYTES_MAX, TOKEN_MS_DEFAULT, TOKEN_REQUEST_MS_MAX } from '../../../core/key-limits.ts';
import { keepSecret, withoutCredentials } from '../../../core/secrets.ts';
import { formEncoded } from '../../../core/url-credentials.ts';
import type { AccessToken } from '../../../ports/credentials.ts';
import { readBounded } from '../../shared/bounded-body.ts';

export interface TokenRequest {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
}

const SETTINGS = 'MILLRACE_KAFKA_TOKEN_URL, MILLRACE_KAFKA_CLIENT_ID and MILLRACE_KAFKA_CLIENT_SECRET';

/** @throws MillraceError LOG_UNAVAILABLE: there is no answer for now; LOG_FAILED: the request is refused */
export async function requestToken(request: TokenRequest): Promise<AccessToken> {
  const { url, clientId, clientSecret, scope } = request;
  keepSecret(clientSecret, 'MILLRACE_KAFKA_CLIENT_SECRET');
  const where = withoutCredentials(url);
  const askedMs = Date.now();
  // Section 2.3.1: id and secret are encoded before they are joined.
  const credentials = [clientId, clientSecret].map(formEncoded).join(':');
  const { status, text } = await answerOf(url, where, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === null ? {} : { scope }),
    }).toString(),
    redirect: 'error', // the secret goes nowhere else
    signal: AbortSignal.timeout(TOKEN_REQUEST_MS_MAX),
  });
  if (status >= 500 || status === 429 || status === 408) throw unavailable(`it answered ${status}`, where);
  const answer = jsonOf(text);
  const { access_token: value, expires_in: seconds } = answer;
  if (status !== 200 || typeof value !== 'string' || value === '') {
    const { error } = answer;
    const why = typeof error === 'string' ? `${status} ${error}` : `${status}, without a token`;
    throw new MillraceError('LOG_FAILED', `the token endpoint gave no token: ${why}`, {
      where,
      remedy: `Correct ${SETTINGS}.`,
    });
  }
  const lifetimeMs = Number(seconds) > 0 ? Number(seconds) * 1_000 : TOKEN_MS_DEFAULT;
  return { value, expiresAtMs: askedMs + lifetimeMs };
}

async function answerOf(
  url: string,
  where: string,
  request: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, request);
    const body = await readBounded(response.body ?? [], TOKEN_ANSWER_BYTES_MAX);
    if (body === null) throw new Error('its answer is too large');
    return { status: response.status, text: body.toString() };
  } catch (error) {
    // fetch says only that it failed; the reason is its cause.
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw unavailable(messageOf(reason), where);
  }
}

function unavailable(why: string, where: string): MillraceError {
  return new MillraceError('LOG_UNAVAILABLE', `the token endpoint does not answer: ${why}`, {
    where,
    remedy: 'Start it, or correct MILLRACE_KAFKA_TOKEN_URL.',
  });
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
