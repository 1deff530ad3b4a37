// A CPU profile of what lies between two promises (control path): for Chrome's or VS Code's profile viewer.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const SAMPLE_MICROS = 250;

export async function profile(
  name: string,
  folder: string,
  from: Promise<unknown>,
  to: Promise<unknown>,
): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await from;
  await session.post('Profiler.start');
  await to;
  const { profile: taken } = await session.post('Profiler.stop');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(taken));
  session.disconnect();
}
