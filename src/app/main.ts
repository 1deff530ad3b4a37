#!/usr/bin/env node
// The command line (control path): each verb is a file in commands/, loaded when it is asked for.
import { Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../core/errors.ts';
import { readConfig } from './config.ts';

function date(text: string): number {
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('Give a date (2013-05-01) or an instant (2013-05-01T12:00:00Z).');
  return ms;
}

function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const n = Number(text);
  if (!(n > 0)) throw new InvalidArgumentError('Give a positive number, or max.');
  return n;
}

function port(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return n;
}

const DAYS_A_SECOND = 86_400;

interface ReplayFlags {
  readonly from?: number;
  readonly until?: number;
  readonly speed?: number | 'max';
}

const program = new Command('millrace')
  .description('Stream processing that keeps machine-learning models alive.')
  .showHelpAfterError('Run millrace --help for the commands and examples.');

program
  .command('start')
  .description('the demo, in this process alone: a year of flights replayed, scored, learned from')
  .option('--from <date>', 'first event time, inclusive', date)
  .option('--until <date>', 'last event time, exclusive', date)
  .option('--speed <times>', 'event time against the clock; max is as fast as possible', speed)
  .option('--port <port>', 'of the dashboard and the WebSocket', port)
  .option('--exit', 'end when the replay has been scored', false)
  .option('--report <file>', 'write the figures as JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  millrace start\n  millrace start --until 2013-05-01 --exit --report report.json\n',
  )
  .action(async (flags: ReplayFlags & { port?: number; exit: boolean; report?: string }) => {
    const { start } = await import('./commands/start.ts');
    const config = readConfig(process.env);
    await start(
      { ...config, port: flags.port ?? config.port },
      {
        fromMs: flags.from,
        untilMs: flags.until,
        speedUp: flags.speed ?? (flags.exit ? 'max' : DAYS_A_SECOND),
        exit: flags.exit,
        report: flags.report ?? null,
      },
    );
  });

program.addHelpText(
  'after',
  `
Examples:
  millrace start                                   the demo, with its dashboard
  millrace run topologies/flights.ts               on the services that MILLRACE_* name
  millrace produce --until 2013-05-01 --speed max  flights into Kafka
  millrace models list topologies/flights.ts
  millrace describe topologies/flights.ts --mermaid
`,
);

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  if (error instanceof MillraceError) process.stderr.write(`millrace: ${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
