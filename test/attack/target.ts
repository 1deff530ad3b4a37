// What an attack sees: the port of the engine, from an address of its own, and the topics. Everything that the engine
// answers goes by one look for secrets.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../../tools/package/commands.ts';
import { millrace } from '../support/cli.ts';
import { exchange, type RawResponse } from '../support/raw-http.ts';
import type { Visitor } from './credentials.ts';
import type { Fault, Findings } from './findings.ts';
import type { Stage } from './stage.ts';
import type { Traffic } from './traffic.ts';

export interface Request {
  readonly method: string;
  readonly target: string;
  /** Lines besides Host and Connection. */
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly host?: string;
}

/** How much of an attack is played. */
export interface Effort {
  /** How long slow clients stay, while other attacks go on, ms. */
  readonly patienceMs: number;
  /** Clients that resume at the same time. */
  readonly resumingMax: number;
}

const POLL_MS = 100;
const START_MS_MAX = 60_000;
const SHOWN_CHARS = 300;

export class Target {
  readonly stage: Stage;
  readonly traffic: Traffic;
  readonly findings: Findings;
  /** Loopback address that this round's requests come from: no round pays for the limits that another one reached. */
  from = '127.66.0.1';
  readonly patienceMs: number;
  readonly resumingMax: number;
  readonly #meanwhile: Array<Promise<unknown>> = [];
  /** Restarts the engine in order; set by the run, which has to stop its watch meanwhile. */
  restart: () => Promise<void> = () => Promise.resolve();

  constructor(stage: Stage, traffic: Traffic, findings: Findings, effort: Effort) {
    this.patienceMs = effort.patienceMs;
    this.resumingMax = effort.resumingMax;
    this.stage = stage;
    this.traffic = traffic;
    this.findings = findings;
  }

  get name(): string {
    return this.stage.topology.name;
  }

  get port(): number {
    return this.stage.engine.port;
  }

  credential(visitor: Visitor): string | null {
    return this.stage.credentials.byVisitor.get(visitor) ?? null;
  }

  /** The header lines of a request as the visitor. */
  bearer(visitor: Visitor): readonly string[] {
    const credential = this.credential(visitor);
    return credential === null ? [] : [`Authorization: Bearer ${credential}`];
  }

  /** Lets a part of an attack go on while others are played. It must report what it finds itself. */
  meanwhile(part: Promise<unknown>): Promise<void> {
    this.#meanwhile.push(part.catch((error: unknown) => this.found('wrong', String(error))));
    return Promise.resolve();
  }

  /** Resolves when all such parts are over. */
  async alone(): Promise<void> {
    await Promise.all(this.#meanwhile.splice(0));
  }

  tries(kind: string, count = 1): void {
    this.findings.tries(kind, count);
  }

  found(fault: Fault, what: string): void {
    this.findings.add(fault, what.slice(0, SHOWN_CHARS));
  }

  /** Reports a secret in something that the engine wrote. */
  inspect(where: string, text: string): void {
    const found = this.stage.secrets.find(text);
    if (found !== null) this.found('leaked', `${where}: ${JSON.stringify(found)}`);
  }

  /** Runs a command on the topology with the engine's settings. */
  async command(verb: string): Promise<Ended> {
    const { environment, topologyFile } = this.stage;
    const settings = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
    const ended = await millrace([verb, topologyFile], settings);
    this.inspect(verb, ended.stdout + ended.stderr);
    return ended;
  }

  /** Sends a request, and reads what comes until the connection is closed. */
  async request({ method, target, headers = [], body, host = '127.0.0.1' }: Request): Promise<RawResponse> {
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const lines = [`Host: ${host}`, 'Connection: close', ...headers, ...length];
    const bytes = `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
    const response = await exchange(this.port, bytes, this.from).catch(() => NO_RESPONSE);
    this.inspect('a response', [...response.headers.values(), response.body].join('\n'));
    return response;
  }

  /** Writes records to a topic of the engine, `predictions` for example. */
  async forge(
    kind: string,
    values: ReadonlyArray<Buffer | null>,
    { key = 'forged' }: { readonly key?: string } = {},
  ): Promise<void> {
    const messages = values.map((value) => ({ key, value, partition: 0 }));
    await this.stage.forger.send({ topic: `${this.name}.${kind}`, messages });
    this.tries(`records in ${kind}`, values.length);
  }

  /** Encodes records of a topic as the engine does. */
  async encoder(kind: string): Promise<(value: object) => Buffer> {
    const opened = await this.stage.codec.encoder<object>(`${this.name}.${kind}-value`);
    return (value) => opened.encode(value);
  }

  /** Resolves when the engine serves. @throws Error if it does not come to that */
  async untilServing(): Promise<void> {
    for (
      const untilMs = performance.now() + START_MS_MAX;
      performance.now() < untilMs;
      await sleep(POLL_MS)
    ) {
      const { status } = await exchange(this.port, LIVEZ).catch(() => NO_RESPONSE);
      if (status === 200) return;
      if (this.stage.engine.hasCrashed) break;
    }
    throw new Error(`the engine does not serve: ${this.stage.engine.crashes.join()}`);
  }
}

const NO_RESPONSE: RawResponse = { status: 0, headers: new Map(), body: '' };
const LIVEZ = 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
