// Log lines (control path): JSON on standard error, for people where that is a terminal.
import { pino, type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STDERR = 2;

/** Written synchronously: a line about a crash is not lost with the process. */
export async function openLogger(level: LogLevel, forPeople: boolean): Promise<Logger> {
  if (!forPeople) return pino({ level, base: null }, pino.destination({ dest: STDERR, sync: true }));
  const { PinoPretty } = await import('pino-pretty');
  const stream = PinoPretty({
    destination: STDERR,
    sync: true,
    translateTime: 'HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino({ level, base: null }, stream);
}
