// Port: a REST route (control path). The engine's own routes and those of a project are the same values.
import type { RaisedCondition } from '../core/conditions.ts';
import type { Declares } from '../core/declares.ts';
import type { Access } from '../core/roles.ts';
import type { FeaturesReader } from './features.ts';
import type { Caller } from './identity.ts';
import type { Telemetry } from './telemetry.ts';
import type { HttpRequest, HttpResponse } from './web-server.ts';

/** @typeParam P names of the path's parameters */
export interface RouteRequest<P extends string = string> extends HttpRequest {
  /** Decoded segments of the path, by the names that it declares. */
  readonly params: Readonly<Record<P, string>>;
  /** Who sent it. */
  readonly caller: Caller;
}

export interface ServedFeatures {
  /** What the windows hold as of `asOfMs`, by feature name; null for a missing value. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Event time of the newest event of the entity, ms. */
  readonly eventTimeMs: number;
  /** The instant that the values are computed for, event time, ms. */
  readonly asOfMs: number;
  /** `expired`: no window holds an event of the entity any more; the values are those of empty windows. */
  readonly status: 'fresh' | 'expired';
  /** Whether the status is `expired`. */
  readonly expired: boolean;
}

export interface CheckResult {
  readonly ok: boolean;
  /** Duration of the check, ms. */
  readonly ms: number;
  /** The reason if it is not ok. */
  readonly why?: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** By service: `log`, `state`, `history`. */
  readonly checks: Readonly<Record<string, CheckResult>>;
  /** What goes wrong for a while; those that block readiness first. */
  readonly conditions: readonly RaisedCondition[];
}

/** What a handler may use. */
export interface RouteContext {
  /** Name of the running topology. */
  readonly topology: string;
  /** Records metrics and writes log lines. */
  readonly telemetry: Telemetry;
  /**
   * Computes the features of an entity as of now from the online store.
   * @param key `view=entity`, for example `card=4929`; the values of an entity of several columns are joined by `|`
   * @param atMs the instant to compute them for instead, event time, ms; not before the partition's watermark less the
   *   allowed lateness, as the store has nothing older
   * @returns null if the store has nothing for the key
   */
  readonly features: (key: string, atMs?: number) => Promise<ServedFeatures | null>;
  /** Reads features of up to 1,000 entities at once, by the name of a service or view. */
  readonly featureServices: FeaturesReader;
  /** Checks the services that the engine depends on, as `/readyz` does. */
  readonly readiness: () => Promise<Readiness>;
}

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How a route appears in docs/reference/rest.md and in `GET /api/openapi.json`. */
export interface RouteDescription {
  readonly method: RouteMethod;
  /** Exact segments and parameters: `/api/features/:topology/:key`. */
  readonly path: string;
  /** The role that the caller needs; `open` for none. */
  readonly access: Access;
  /** What the route does, in sentences. */
  readonly description: string;
  /** Parameters of the path and of the query, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The body of the request; none by default. */
  readonly body?: string;
  /** Media types of the body; `application/json` by default. None may be one that a page of another origin can send unasked. */
  readonly mediaTypes?: readonly string[];
  /** Bytes of its body, which it then takes as `bytes`. By default a small body of text, as `body`. */
  readonly bodyBytesMax?: number;
  /** Responses by status. */
  readonly responses?: Readonly<Record<number, string>>;
}

/** @typeParam C what the handler may use: RouteContext for a project's routes */
export interface Route<C = RouteContext> extends RouteDescription, Declares {
  /** An error that it throws becomes a JSON error: a MillraceError with its code and remedy, any other as INTERNAL. */
  handler(request: RouteRequest, context: C): HttpResponse | Promise<HttpResponse>;
}
