// The verb `models` with its own verbs (control path).
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../settings/config.ts';
import { Flags } from './flags.ts';
import { configure, examples, TOPOLOGY } from './program-kit.ts';

interface ModelsFlags {
  readonly data?: string;
  readonly json?: boolean;
}

async function configureAt({ data }: ModelsFlags): Promise<Config> {
  const config = await configure(new Flags());
  return data === undefined ? config : { ...config, dataFolder: resolve(data) };
}

function verb(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<topology>', TOPOLOGY)
    .option('--data <folder>', "the engine's data folder; MILLRACE_DATA, else .millrace, by default");
}

export function modelsCommand(): Command {
  const models = new Command('models')
    .description('lists, shows, promotes and rolls back models')
    .addHelpText(
      'after',
      `
A promotion is an event on the topology's model-updates topic: every engine follows it at its next barrier.
${examples(
  'millrace models list topologies/flights.ts --data .millrace/demo    of a running millrace start',
  'millrace models promote topologies/flights.ts v2 --data .millrace/demo',
)}`,
    );
  const list = verb('list', 'all versions, oldest first')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('millrace models list topologies/flights.ts'))
    .action(async (file: string, flags: ModelsFlags) => {
      const { listModels } = await import('../commands/models.ts');
      await listModels(file, await configureAt(flags), flags.json === true);
    });
  const show = verb('show', 'one version, whole')
    .argument('<version>')
    .option('--json', 'as JSON', false)
    .addHelpText('after', examples('millrace models show topologies/flights.ts v3 --json'))
    .action(async (file: string, version: string, flags: ModelsFlags) => {
      const { showModel } = await import('../commands/models.ts');
      await showModel(file, version, await configureAt(flags), flags.json === true);
    });
  const promote = verb('promote', 'makes a version the champion')
    .argument('<version>')
    .addHelpText('after', examples('millrace models promote topologies/flights.ts v2'))
    .action(async (file: string, version: string, flags: ModelsFlags) => {
      const { promoteModel } = await import('../commands/models.ts');
      await promoteModel(file, version, await configureAt(flags));
    });
  const rollback = verb('rollback', 'makes the champion before this one the champion')
    .addHelpText('after', examples('millrace models rollback topologies/flights.ts'))
    .action(async (file: string, flags: ModelsFlags) => {
      const { rollBackModel } = await import('../commands/models.ts');
      await rollBackModel(file, await configureAt(flags));
    });
  for (const command of [list, show, promote, rollback]) models.addCommand(command);
  return models;
}
