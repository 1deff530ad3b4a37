// Log lines (control path) on standard error: JSON, or readable text on a terminal.
import { pino, type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STDERR = 2;

/** Writes synchronously, so that the last line before a crash is not lost. */
export async function openLogger(level: LogLevel, readable: boolean): Promise<Logger> {
  if (!readable) return pino({ level, base: null }, pino.destination({ dest: STDERR, sync: true }));
  const { PinoPretty } = await import('pino-pretty');
  const stream = PinoPretty({
    destination: STDERR,
    sync: true,
    translateTime: 'HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino({ level, base: null }, stream);
}
