// Where the text of a setting comes from (control path): a variable of the environment, or the file that another one names.
import { messageOf } from './errors.ts';
import { readSecretFile } from './secret-file.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that names the file of a setting. */
export function fileVariableOf(name: string): string {
  return `${name}_FILE`;
}

/**
 * An empty variable counts as one that is not set. One line break at the end of a file is not part of the text.
 * @param fileVariable null: the setting cannot come from a file
 * @throws Error if both are set, or the file cannot be read
 */
export function settingText(
  name: string,
  fileVariable: string | null,
  environment: Environment,
): string | undefined {
  const given = environment[name];
  const path = fileVariable === null ? '' : (environment[fileVariable] ?? '');
  if (path === '') return given;
  if ((given ?? '') !== '') throw new Error(`set twice, also by ${fileVariable}; unset one of the two`);
  try {
    return readSecretFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`${fileVariable}: ${messageOf(error)}`, { cause: error });
  }
}
