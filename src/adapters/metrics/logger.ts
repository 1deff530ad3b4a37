// Log lines (control path) on standard error: JSON, or readable text on a terminal.
import { type DestinationStream, pino, type Logger } from 'pino';
import { redacted } from '../../core/secrets.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STDERR = 2;

/** The lines without secrets, whatever part of them has one: a message, a detail, an error of a client. */
function withoutSecrets(stream: DestinationStream): DestinationStream {
  return { write: (line) => stream.write(redacted(line)) };
}

/** Writes synchronously, so that the last line before a crash is not lost. */
export async function openLogger(level: LogLevel, readable: boolean): Promise<Logger> {
  if (!readable)
    return pino({ level, base: null }, withoutSecrets(pino.destination({ dest: STDERR, sync: true })));
  const { PinoPretty } = await import('pino-pretty');
  const stream = PinoPretty({
    destination: STDERR,
    sync: true,
    translateTime: 'HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino({ level, base: null }, withoutSecrets(stream));
}
