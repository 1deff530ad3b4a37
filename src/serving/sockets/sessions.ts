// WebSocket clients: connection, credential, messages and disconnection (control path).
import { messageOf } from '../../core/errors.ts';
import {
  CREDENTIAL_CHECK_MS,
  SOCKET_CREDENTIAL_MS_MAX,
  SOCKET_MESSAGES_BURST_MAX,
  SOCKET_MESSAGES_PER_SECOND,
  SOCKET_MESSAGES_WAITING_MAX,
  SUBSCRIBERS_MAX,
} from '../../core/port-limits.ts';
import type { Identity } from '../../ports/identity.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { CanonicalHead, ServerSocket, SocketSession } from '../../ports/web-server.ts';
import { type AccessControl, isRefusal, type Refusal } from '../access/access-control.ts';
import { mayDo } from '../access/caller.ts';
import { bearerOf, bearerProtocol } from '../access/http-access.ts';
import { requiredBy } from '../access/table.ts';
import { RateLimiter } from '../../resilience/rate-limiter.ts';
import { sendBounded } from './bounded-send.ts';
import { authenticatedFrame } from './frames.ts';
import type { PredictionHub } from './prediction-hub.ts';
import {
  CLOSE_TOO_MANY,
  CLOSE_TRY_LATER,
  CLOSE_UNAUTHORIZED,
  type ParsedMessage,
  parseMessage,
  type SubscribeMessage,
  subscriptionOf,
} from './protocol.ts';

const PROTOCOLS = 'sec-websocket-protocol';
const MESSAGE_RATE = { perSecond: SOCKET_MESSAGES_PER_SECOND, burst: SOCKET_MESSAGES_BURST_MAX };

const SUBSCRIBE = requiredBy('messages', 'subscribe');

interface Session {
  identity: Identity;
  /** Address of the client. */
  readonly peer: string;
  /** Monotonic time at which the client connected, ms. */
  readonly openedMs: number;
  /** Messages that wait for the verification of a credential; null if none is under way. */
  waiting: ParsedMessage[] | null;
  readonly rate: RateLimiter;
}

export interface SessionParts {
  readonly hub: PredictionHub;
  readonly telemetry: Telemetry;
  readonly access: AccessControl;
  readonly clientsMax?: number;
  /** Monotonic time, ms. */
  readonly nowMs?: () => number;
}

/** The `/ws` endpoint of a hub. */
export class SocketSessions {
  readonly #hub: PredictionHub;
  readonly #telemetry: Telemetry;
  readonly #access: AccessControl;
  readonly #clientsMax: number;
  readonly #nowMs: () => number;
  readonly #sessions = new Map<ServerSocket, Session>();
  readonly #timer: NodeJS.Timeout;

  constructor({ hub, telemetry, access, clientsMax = SUBSCRIBERS_MAX, nowMs }: SessionParts) {
    this.#hub = hub;
    this.#telemetry = telemetry;
    this.#access = access;
    this.#clientsMax = clientsMax;
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#timer = setInterval(() => this.checkCredentials(), CREDENTIAL_CHECK_MS).unref();
  }

  /** The session of a client that asks for an upgrade. */
  session(head: CanonicalHead): SocketSession {
    return {
      opened: (socket) => this.opened(socket, head),
      message: (socket, text) => this.message(socket, text),
      closed: (socket) => this.closed(socket),
    };
  }

  opened(socket: ServerSocket, { query, headers, peer }: CanonicalHead): void {
    if (this.#sessions.size >= this.#clientsMax) {
      this.#telemetry.count('feed_turned_away_total', 1);
      socket.close(CLOSE_TRY_LATER, `this process serves at most ${this.#clientsMax} clients`);
      return;
    }
    const session: Session = {
      identity: this.#access.anonymous,
      peer,
      openedMs: this.#nowMs(),
      waiting: null,
      rate: new RateLimiter({ ...MESSAGE_RATE, keysMax: 1, nowMs: this.#nowMs }),
    };
    this.#sessions.set(socket, session);
    const credential = bearerOf(headers.get('authorization')) ?? bearerProtocol(headers.get(PROTOCOLS));
    if (credential !== null) void this.#authenticate(socket, session, credential);
    const parsed = subscriptionOf(query);
    if (parsed !== null) this.#act(socket, session, parsed);
  }

  message(socket: ServerSocket, text: string): void {
    const session = this.#sessions.get(socket);
    if (session === undefined) return;
    if (session.rate.take('') === 0) this.#act(socket, session, parseMessage(text));
    else this.#end(socket, CLOSE_TOO_MANY, 'too many messages');
  }

  closed(socket: ServerSocket): void {
    this.#sessions.delete(socket);
    this.#hub.drop(socket);
  }

  /** Ends each connection whose credential no longer holds, or whose client has sent none in time. */
  checkCredentials(): void {
    const latestMs = this.#nowMs() - SOCKET_CREDENTIAL_MS_MAX;
    for (const [socket, { identity, openedMs }] of this.#sessions) {
      if (identity.holds() && mayDo(identity, SUBSCRIBE, this.#access.topology)) continue;
      if (identity.kind === 'anonymous' && openedMs > latestMs && !this.#hub.has(socket)) continue;
      this.#end(socket, CLOSE_UNAUTHORIZED, 'no credential, or it expired, was revoked or does not suffice');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #act(socket: ServerSocket, session: Session, parsed: ParsedMessage): void {
    const { waiting } = session;
    if (waiting !== null && waiting.length >= SOCKET_MESSAGES_WAITING_MAX)
      this.#end(socket, CLOSE_TRY_LATER, 'too many messages before the credential was verified');
    else if (waiting !== null) waiting.push(parsed);
    else if (parsed.kind === 'error') this.#hub.refuse(socket, parsed.error);
    else if (parsed.kind === 'subscribe') this.#subscribe(socket, session, parsed.subscribe);
    else void this.#authenticate(socket, session, parsed.credential);
  }

  #subscribe(socket: ServerSocket, { identity }: Session, subscribe: SubscribeMessage): void {
    const refusal = this.#access.authorize(identity, SUBSCRIBE);
    if (refusal === null) this.#hub.subscribe(socket, subscribe);
    else this.#refuse(socket, refusal);
  }

  async #authenticate(socket: ServerSocket, session: Session, credential: string): Promise<void> {
    session.waiting = [];
    const found = await this.#access
      .identify(credential, session.peer)
      .catch((error: unknown) => new Error(messageOf(error)));
    if (!this.#sessions.has(socket)) return;
    if (found instanceof Error) {
      this.#telemetry.warn('the credential of a WebSocket client cannot be verified', { why: found.message });
      this.#end(socket, CLOSE_TRY_LATER, 'the credential cannot be verified at present');
      return;
    }
    if (isRefusal(found)) {
      this.#refuse(socket, found);
      this.#end(socket, CLOSE_UNAUTHORIZED, 'the credential is not valid');
      return;
    }
    session.identity = found;
    sendBounded(socket, authenticatedFrame(found.name));
    const { waiting } = session;
    session.waiting = null;
    for (const parsed of waiting) if (this.#sessions.has(socket)) this.#act(socket, session, parsed);
  }

  #refuse(socket: ServerSocket, { code, message }: Refusal): void {
    const remedy = 'Send {"authenticate": "CREDENTIAL"} first, with an API key or a token that has the role.';
    this.#hub.refuse(socket, { code, message, remedy });
  }

  #end(socket: ServerSocket, code: number, reason: string): void {
    this.closed(socket);
    socket.close(code, reason);
  }
}
