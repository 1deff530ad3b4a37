// The verbs with their flags and examples (control path): what a verb does is a file in commands/, loaded when it is
// asked for, so that --help answers at once.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Flags, refuseAny, instant, port, workerCount } from './flags.ts';
import { configure, examples, reportAsOurs, TOPOLOGY } from './program-kit.ts';
import { modelsCommand } from './program-models.ts';

interface RunFlags {
  readonly port?: string;
  readonly workers: string;
  readonly untilCaughtUp: boolean;
  readonly report?: string;
}

function version(): string {
  const { version: of } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }; // our own file
  return of;
}

function runCommand(): Command {
  return new Command('run')
    .description('a topology on the services that MILLRACE_* name; each that is not named is embedded')
    .argument('<topology>', TOPOLOGY)
    .option('--port <port>', 'of the dashboard and the WebSocket')
    .option('--workers <count>', 'processes to run it in: members of one group', '1')
    .option('--until-caught-up', 'end when what the source held at the start has been processed', false)
    .option('--report <file>', 'write the figures as JSON at the end')
    .addHelpText(
      'after',
      examples(
        'millrace run topologies/flights.ts',
        'millrace run topologies/flights.ts --workers 2',
        'MILLRACE_KAFKA_BROKERS=localhost:9092 MILLRACE_REDIS_URL=redis://localhost:6379 \\',
        '  millrace run topologies/flights.ts --until-caught-up --report report.json',
      ),
    )
    .action(async (file: string, given: RunFlags) => {
      const flags = new Flags();
      const portGiven = flags.read('--port', given.port, port);
      const workers = flags.read('--workers', given.workers, workerCount) ?? 1;
      const base = await configure(flags);
      const config = { ...base, port: portGiven ?? base.port };
      if (workers > 1) {
        refuseAny(
          given.untilCaughtUp || given.report !== undefined
            ? ['--workers: --until-caught-up and --report are for one worker']
            : [],
          'Leave them out, or run one worker.',
        );
        const { runWorkers } = await import('../workers/workers.ts');
        await runWorkers(file, config, workers);
        return;
      }
      const { run } = await import('../commands/run.ts');
      await run(file, config, { untilCaughtUp: given.untilCaughtUp, report: given.report ?? null });
    });
}

function describeCommand(): Command {
  return new Command('describe')
    .description('what a topology reads, does and writes')
    .argument('<topology>', TOPOLOGY)
    .option('--mermaid', 'as a Mermaid diagram', false)
    .addHelpText(
      'after',
      examples(
        'millrace describe topologies/flights.ts',
        'millrace describe topologies/flights.ts --mermaid',
      ),
    )
    .action(async (file: string, { mermaid }: { mermaid: boolean }) => {
      const { describe } = await import('../commands/describe.ts');
      await describe(file, mermaid);
    });
}

function replayDeadLettersCommand(): Command {
  return new Command('replay-dead-letters')
    .description('puts rejected events back to their topic, transformed or as they were, each at most once')
    .argument('<topology>', TOPOLOGY)
    .option('--code <code...>', 'those with these error codes alone')
    .option('--since <instant>', 'those rejected at or after it, by the clock')
    .option(
      '--transform <file>',
      'a module: export default (letter) => Buffer to put back, or null to leave it',
    )
    .option('--dry-run', 'count, and write nothing', false)
    .addHelpText(
      'after',
      `
The bytes go back to the partition that they came from, with their key and timestamp. An event that is older than the
allowed lateness by then goes to the late topic. What was put back is marked in TOPOLOGY.replayed-letters in the same
transaction, and left out by later replays; what was left can still be put back.
${examples(
  'millrace replay-dead-letters topologies/flights.ts --dry-run',
  'millrace replay-dead-letters topologies/flights.ts --code CONTRACT_RANGE --transform fix.ts',
)}`,
    )
    .action(
      async (
        file: string,
        given: { code?: string[]; since?: string; transform?: string; dryRun: boolean },
      ) => {
        const flags = new Flags();
        const sinceMs = flags.read('--since', given.since, instant) ?? Number.NEGATIVE_INFINITY;
        const { errorCodes } = await import('../../core/errors.ts');
        for (const code of given.code ?? []) {
          flags.read('--code', code, (text) => {
            if (!errorCodes.some((known) => known === text))
              throw new Error('it is no error code of Millrace');
          });
        }
        const config = await configure(flags);
        const { replayDeadLetters } = await import('../commands/replay-dead-letters.ts');
        const codes = given.code === undefined ? null : new Set(given.code);
        await replayDeadLetters(file, config, {
          codes,
          sinceMs,
          transformFile: given.transform ?? null,
          dryRun: given.dryRun,
        });
      },
    );
}

/** Throws CommanderError where the arguments are none of a verb's, after telling so. */
export function program(): Command {
  const root = new Command('millrace')
    .description('Stream processing that keeps machine-learning models alive.')
    .version(version())
    .addHelpText(
      'after',
      `${examples(
        'millrace run topologies/flights.ts               on the services that MILLRACE_* name',
        'millrace models list topologies/flights.ts',
        'millrace describe topologies/flights.ts --mermaid',
      )}\nSettings are environment variables, MILLRACE_*: docs/operations.md lists them.\n`,
    );
  root.addCommand(runCommand());
  root.addCommand(describeCommand());
  root.addCommand(modelsCommand());
  root.addCommand(replayDeadLettersCommand());
  reportAsOurs(root);
  return root;
}
