// A configured execution provider that is not available is logged: scoring continues without it, at a lower rate.
import t from 'tap';
import { openScorers } from '../../../src/app/compose/adapters.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

async function linesOf(
  environment: Readonly<Record<string, string>>,
): Promise<Record<'warn' | 'info', string[]>> {
  const lines: Record<'warn' | 'info', string[]> = { warn: [], info: [] };
  class Telemetry extends FakeTelemetry {
    override warn(what: string, detail?: Readonly<Record<string, unknown>>): void {
      lines.warn.push(`${what}: ${String(detail?.['provider'])}`);
    }
    override info(what: string, detail?: Readonly<Record<string, unknown>>): void {
      lines.info.push(`${what}: ${String(detail?.['provider'])}`);
    }
  }
  const scorers = await openScorers(readConfig(environment), new Telemetry());
  await scorers.close();
  return lines;
}

t.test('a configured provider that is missing is a warning', async (t) => {
  const { warn, info } = await linesOf({ MILLRACE_PROVIDERS: 'webgpu,cpu' });
  const [used = ''] = info;
  t.match(used, /^models run on an execution provider: (webgpu|cpu)$/);
  t.strictSame(warn, used.endsWith('cpu') ? ['an execution provider is not available: webgpu'] : []);
});

t.test('with the default providers a missing GPU is no warning', async (t) => {
  const { warn, info } = await linesOf({});
  t.strictSame(warn, []);
  t.match(info.at(-1), /^models run on an execution provider: (cuda|cpu)$/);
});
