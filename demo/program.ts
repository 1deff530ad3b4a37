// The demo's two commands (control path): `npm start` replays the flights through an embedded engine, `npm run produce`
// publishes them to Kafka as an outside producer does.
import { Command } from 'commander';
import { Flags, instant, port, speed } from '../src/app/cli/flags.ts';
import { configure, examples, reportAsOurs } from '../src/app/cli/program-kit.ts';

/** A day of events a second: a year in six minutes. */
const DEMO_SPEED = 86_400;

interface ReplayFlags {
  readonly from?: string;
  readonly until?: string;
  readonly speed?: string;
}

function replayOptions(verb: Command): Command {
  return verb
    .option('--from <date>', 'first event time, inclusive')
    .option('--until <date>', 'last event time, exclusive')
    .option('--speed <times>', 'event time against the clock: a number, or max for as fast as possible');
}

function startCommand(): Command {
  return replayOptions(new Command('start'))
    .description('the demo, in this process alone: a year of flights replayed, scored, learned from')
    .option('--port <port>', 'of the dashboard and the WebSocket')
    .option('--exit', 'end when the replay has been scored', false)
    .option('--report <file>', 'write the figures as JSON')
    .addHelpText(
      'after',
      examples('npm start', 'npm start -- --until 2013-05-01 --exit --report report.json'),
    )
    .action(async (given: ReplayFlags & { port?: string; exit: boolean; report?: string }) => {
      const flags = new Flags();
      const replay = {
        fromMs: flags.read('--from', given.from, instant),
        untilMs: flags.read('--until', given.until, instant),
        speedUp: flags.read('--speed', given.speed, speed) ?? (given.exit ? 'max' : DEMO_SPEED),
      };
      const portGiven = flags.read('--port', given.port, port);
      const config = await configure(flags);
      const { start } = await import('./start.ts');
      await start(
        { ...config, port: portGiven ?? config.port },
        { ...replay, exit: given.exit, report: given.report ?? null },
      );
    });
}

function produceCommand(): Command {
  return replayOptions(new Command('produce'))
    .description("the demo's flights into Kafka (MILLRACE_KAFKA_BROKERS), as an outside producer sends them")
    .option(
      '--topic <topic>',
      'made with the partitions that the topology wants where it is missing',
      'flights',
    )
    .addHelpText(
      'after',
      examples('npm run produce -- --until 2013-05-01 --speed max', 'npm run produce -- --speed 86400'),
    )
    .action(async (given: ReplayFlags & { topic: string }) => {
      const flags = new Flags();
      const options = {
        fromMs: flags.read('--from', given.from, instant),
        untilMs: flags.read('--until', given.until, instant),
        speedUp: flags.read('--speed', given.speed, speed) ?? ('max' as const),
        topic: given.topic,
      };
      const config = await configure(flags, ['MILLRACE_KAFKA_BROKERS']);
      const { produce } = await import('./produce.ts');
      await produce(config, options);
    });
}

export function demoProgram(): Command {
  const root = new Command('demo').description(
    'The flights of 2013: replayed in this process, or published to Kafka.',
  );
  root.addCommand(startCommand());
  root.addCommand(produceCommand());
  reportAsOurs(root);
  return root;
}
