// The demo's two commands (control path): `npm start` replays the flights through an embedded engine, `npm run produce`
// publishes them to Kafka like an outside producer.
import type { Command } from 'commander';
import { programOf } from '../src/app/cli/command.ts';
import { instant, port, speed, text } from '../src/app/cli/flags.ts';
import { configuredVerb, defaulted, toggle, valued } from '../src/app/cli/verb.ts';

/** A day of events a second: a year in six minutes. */
const DEMO_SPEED = 86_400;

const REPLAY = {
  fromMs: valued('--from <date>', 'first event time, inclusive', instant),
  untilMs: valued('--until <date>', 'last event time, exclusive', instant),
  speedUp: valued(
    '--speed <times>',
    'how many times faster than real time to replay: a number, or max for no limit',
    speed,
  ),
};

const start = configuredVerb({
  name: 'start',
  description: 'Replay a year of flights in this process: score, label, detect drift and retrain',
  arguments: {},
  options: {
    ...REPLAY,
    port: valued('--port <port>', 'port of the dashboard, REST and WebSocket', port),
    exit: toggle('--exit', 'end when the whole replay is scored'),
    report: valued('--report <file>', 'write the figures of the run to a JSON file', text),
  },
  examples: ['npm start', 'npm start -- --until 2013-05-01 --exit --report report.json'],
  async action({ port, speedUp, report = null, ...given }, config) {
    const { start } = await import('./start.ts');
    await start(
      { ...config, port: port ?? config.port },
      { ...given, report, speedUp: speedUp ?? (given.exit ? 'max' : DEMO_SPEED) },
    );
  },
});

const produce = configuredVerb({
  name: 'produce',
  description: 'Publish the flights to Kafka (MILLRACE_KAFKA_BROKERS) like an outside producer',
  arguments: {},
  options: {
    ...REPLAY,
    topic: defaulted(
      '--topic <topic>',
      "topic; a missing one is created with the topology's partition count",
      text,
      'flights',
    ),
  },
  examples: ['npm run produce -- --until 2013-05-01 --speed max', 'npm run produce -- --speed 86400'],
  requires: ['MILLRACE_KAFKA_BROKERS'],
  async action({ speedUp = 'max', ...given }, config) {
    const { produce } = await import('./produce.ts');
    await produce(config, { ...given, speedUp });
  },
});

export function demoProgram(): Command {
  return programOf({
    name: 'demo',
    description: 'The flights of 2013, replayed in this process or published to Kafka.',
    verbs: [start, produce],
    examples: [],
  });
}
