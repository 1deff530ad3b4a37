// Configuration (control path): from the environment and flags, checked whole, every problem reported at once.
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  BARRIER_INTERVAL_MS,
  CHECKPOINT_INTERVAL_MS,
  HOT_KEYS_MAX,
  SESSION_MS,
  SESSION_MS_MIN,
} from '../../core/limits.ts';
import { refuseAny } from '../cli/flags.ts';

const commaList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(z.string()).min(1, 'name at least one'));

const optional = <T extends z.ZodType>(of: T): z.ZodOptional<T> => of.optional();

/** Not WebGPU: a processor that plays a GPU offers itself for it. */
export const DEFAULT_PROVIDERS = ['cuda', 'cpu'] as const;

/** Each setting with what it means; `npm run millrace -- --help` and docs/operations.md list them. */
const schema = z.object({
  MILLRACE_KAFKA_BROKERS: optional(commaList),
  MILLRACE_KAFKA_TLS: z.stringbool().default(false),
  MILLRACE_KAFKA_SASL: optional(z.enum(['plain', 'scram-sha-256', 'scram-sha-512'])),
  MILLRACE_KAFKA_USERNAME: optional(z.string()),
  MILLRACE_KAFKA_PASSWORD: optional(z.string()),
  MILLRACE_REDIS_URL: optional(z.url({ protocol: /^rediss?$/ })),
  MILLRACE_CLICKHOUSE_URL: optional(z.url({ protocol: /^https?$/ })),
  MILLRACE_SCHEMA_REGISTRY_URL: optional(z.url({ protocol: /^https?$/ })),
  MILLRACE_SCHEMAS: z.string().default('schemas'),
  MILLRACE_DATA: z.string().default('.millrace'),
  MILLRACE_HOST: z.string().default('127.0.0.1'),
  MILLRACE_PORT: z.coerce.number().int().min(0).max(65_535).default(7_400),
  MILLRACE_TOKEN: optional(z.string().min(8, 'use 8 characters or more')),
  MILLRACE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  MILLRACE_SESSION_TIMEOUT_MS: z.coerce.number().int().min(SESSION_MS_MIN).max(300_000).default(SESSION_MS),
  MILLRACE_BARRIER_MS: z.coerce.number().int().min(1).max(60_000).default(BARRIER_INTERVAL_MS),
  MILLRACE_CHECKPOINT_MS: z.coerce.number().int().min(0).max(60_000).default(CHECKPOINT_INTERVAL_MS),
  MILLRACE_HOT_KEYS: z.coerce.number().int().min(1).default(HOT_KEYS_MAX),
  MILLRACE_PROVIDERS: commaList
    .pipe(z.array(z.enum(['cuda', 'webgpu', 'cpu'])))
    .default([...DEFAULT_PROVIDERS]),
});

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** All of them, or none. */
const SASL_SETTINGS = ['MILLRACE_KAFKA_SASL', 'MILLRACE_KAFKA_USERNAME', 'MILLRACE_KAFKA_PASSWORD'];

export interface Config {
  /** Null: the log in the process. */
  readonly brokers: readonly string[] | null;
  readonly kafkaTls: boolean;
  /** Null: the brokers ask for no name. */
  readonly kafkaSasl: KafkaSasl | null;
  /** Null: node:sqlite. */
  readonly redisUrl: string | null;
  /** Null: chdb in the process, where it is installed. */
  readonly clickhouseUrl: string | null;
  /** Null: a registry in the process, filled from the schema folder. */
  readonly registryUrl: string | null;
  readonly schemaFolder: string;
  /** What the embedded adapters and the model registry keep. */
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** Without a heartbeat before the group takes this member for dead, ms: what its partitions wait for a new owner. */
  readonly sessionTimeoutMs: number;
  /** Between two commits, ms: what a read_committed reader waits for a prediction at most, beside the commit itself. */
  readonly barrierIntervalMs: number;
  /** Between two commits of state, ms; 0: with each barrier. What a restart recomputes at most. */
  readonly checkpointIntervalMs: number;
  /** Keys that each view keeps in memory in one partition. */
  readonly hotKeysMax: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Execution providers to try, best first. */
  readonly providers: ReadonlyArray<'cuda' | 'webgpu' | 'cpu'>;
}

/**
 * @param flagProblems what is wrong with the command's flags: told together with what is wrong with the environment
 * @param required settings that the command cannot do without
 * @throws MillraceError CONFIG_INVALID that lists every problem
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flagProblems: readonly string[] = [],
  required: readonly string[] = [],
): Config {
  // A variable that is set to nothing is not set: compose files and shells write it so.
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const settings = Object.fromEntries(given);
  const missing = required
    .filter((name) => settings[name] === undefined)
    .map((name) => `${name}: not set; this command needs it`);
  const lackingSasl = SASL_SETTINGS.filter((name) => settings[name] === undefined);
  if (lackingSasl.length < SASL_SETTINGS.length)
    missing.push(...lackingSasl.map((name) => `${name}: not set; ${SASL_SETTINGS.join(', ')} go together`));
  const parsed = schema.safeParse(settings);
  const wrong = parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  refuseAny([...flagProblems, ...missing, ...wrong], 'docs/operations.md lists every setting.');
  if (!parsed.success) throw parsed.error; // never: its issues were refused just above
  const of = parsed.data;
  return {
    brokers: of.MILLRACE_KAFKA_BROKERS ?? null,
    kafkaTls: of.MILLRACE_KAFKA_TLS,
    kafkaSasl: saslOf(of),
    redisUrl: of.MILLRACE_REDIS_URL ?? null,
    clickhouseUrl: of.MILLRACE_CLICKHOUSE_URL ?? null,
    registryUrl: of.MILLRACE_SCHEMA_REGISTRY_URL ?? null,
    schemaFolder: resolve(of.MILLRACE_SCHEMAS),
    dataFolder: resolve(of.MILLRACE_DATA),
    host: of.MILLRACE_HOST,
    port: of.MILLRACE_PORT,
    token: of.MILLRACE_TOKEN ?? null,
    sessionTimeoutMs: of.MILLRACE_SESSION_TIMEOUT_MS,
    barrierIntervalMs: of.MILLRACE_BARRIER_MS,
    checkpointIntervalMs: of.MILLRACE_CHECKPOINT_MS,
    hotKeysMax: of.MILLRACE_HOT_KEYS,
    logLevel: of.MILLRACE_LOG_LEVEL,
    providers: of.MILLRACE_PROVIDERS,
  };
}

function saslOf(of: z.infer<typeof schema>): KafkaSasl | null {
  const mechanism = of.MILLRACE_KAFKA_SASL;
  const username = of.MILLRACE_KAFKA_USERNAME;
  const password = of.MILLRACE_KAFKA_PASSWORD;
  if (mechanism === undefined || username === undefined || password === undefined) return null;
  return { mechanism, username, password };
}
