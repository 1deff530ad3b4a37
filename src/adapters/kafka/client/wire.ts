// Requests of our own on kafkajs's connections (control path, once a request). kafkajs keeps the brokers, their
// connections, TLS and SASL; what carries records is written and read here, in whole batches, as its own way of doing
// so makes several objects a record.
import type { Broker } from 'kafkajs';
import { MillraceError } from '../../../core/errors.ts';

/** One version of one of Kafka's requests. */
export interface WireRequest<T> {
  readonly name: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** After the header. */
  readonly body: Buffer;
  /** @param body of the response, after the header */
  readonly decode: (body: Buffer) => T;
  /** What the broker's quota makes the next request wait; kafkajs's queue waits it out. */
  readonly throttleMsOf?: (answer: T) => number;
}

interface Decoded {
  readonly answer: unknown;
  readonly clientSideThrottleTime: number;
}

/** What kafkajs's types leave out of a broker; its request queue asks for an encoder, of which it reads these two. */
interface RawBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null;
  readonly connectionPool: {
    send(request: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
      };
      readonly response: {
        readonly decode: (body: Buffer) => Promise<Decoded>;
        readonly parse: (decoded: Decoded) => Promise<unknown>;
      };
      /** kafkajs would log what we throw. */
      readonly logResponseError: boolean;
    }): Promise<unknown>;
  };
}

/** Sends and awaits the answer; throws what the client throws, LOG_FAILED where the broker is too old. */
export async function send<T>(
  to: Broker,
  { name, apiKey, apiVersion, body, decode, throttleMsOf }: WireRequest<T>,
): Promise<T> {
  const broker = to as unknown as RawBroker; // the same object: kafkajs's types show a part of it
  const known = broker.versions?.[apiKey];
  if (known !== undefined && known.maxVersion < apiVersion) {
    throw new MillraceError('LOG_FAILED', `the broker does not know ${name} of version ${apiVersion}`, {
      remedy: 'Use Kafka 2.3 or later.',
    });
  }
  const answer = await broker.connectionPool.send({
    request: { apiKey, apiVersion, apiName: name, encode: async () => ({ buf: body, buffer: body }) },
    response: {
      decode: async (answered) => {
        const answer = decode(answered);
        return { answer, clientSideThrottleTime: throttleMsOf?.(answer) ?? 0 };
      },
      parse: async (of) => of.answer,
    },
    logResponseError: false,
  });
  return answer as T; // what `decode` has made
}
