// `millrace init` (control path).
import { MillraceError } from '../../core/errors.ts';
import { verb, type Verb } from '../cli/verb.ts';

export const init: Verb = verb({
  name: 'init',
  description: 'Write a new project: a topology, sample events, a test, container and CI files',
  arguments: { folder: { description: 'folder of the project; it must be new or empty' } },
  options: {},
  examples: ['millrace init app && cd app && npm install && npm start'],
  async action({ folder }) {
    const { InitError, initProject, nextSteps } = await import('../init/init.ts');
    try {
      process.stdout.write(nextSteps(folder, initProject(folder)));
    } catch (error) {
      if (error instanceof InitError) throw new MillraceError('CONFIG_INVALID', error.message);
      throw error;
    }
  },
});
