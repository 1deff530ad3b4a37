// Keeps secrets out of what the process prints (control path), be it by a verb, a function of a topology, a library with a
// console.log, or Node as the process dies.
import { inspect } from 'node:util';
import { redacted } from '../../core/secrets.ts';

type Write = (chunk: string | Uint8Array, ...rest: unknown[]) => boolean;

/** From then on no known secret reaches standard output or standard error by their streams. */
export function redactOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as Write; // one signature for its two forms, with and without an encoding
    const clean: Write = (chunk, ...rest) => write(withoutSecrets(chunk), ...rest);
    stream.write = clean;
  }
  // A diagnostic report would list the environment.
  if (process.report !== undefined) Reflect.set(process.report, 'excludeEnv', true);
  // Node writes an error that nothing catches past the streams, with all that a client hung on it.
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') > 1) return; // a command shuts down in order, and reports it then
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  });
}

function withoutSecrets(chunk: string | Uint8Array): string | Uint8Array {
  if (typeof chunk === 'string') return redacted(chunk);
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
  const clean = redacted(text);
  return clean === text ? chunk : clean;
}
