// Packages that a user installs where they are needed (control path).
import { createRequire } from 'node:module';
import { messageOf, MillraceError } from '../../core/errors.ts';

export interface OptionalPackage {
  readonly name: string;
  /** What needs it, as the subject of a sentence in the plural or singular with its verb: `a schema registry needs`. */
  readonly needs: string;
  /** The setting that asks for it. */
  readonly where: string;
}

/** Whether an import failed because the package is not there: one that is there and does not load is another fault. */
export function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** @throws CONFIG_INVALID if the package is not installed */
export async function importOptional<T>(
  load: () => Promise<T>,
  { name, needs, where }: OptionalPackage,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause;
    throw new MillraceError('CONFIG_INVALID', `${needs} the package ${name}`, {
      where,
      remedy: `Install it beside millrace: npm install ${name}.`,
      cause,
    });
  }
}

const require = createRequire(import.meta.url);

/**
 * A package with native code, loaded with the first data that needs it.
 * @param needs the subject of a sentence with its verb: `a record batch needs`
 * @throws CONFIG_INVALID if it is not installed, or not for this platform
 */
export function requireNative(name: string, needs: string): unknown {
  try {
    return require(name);
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `${needs} the package ${name}: ${messageOf(cause)}`, {
      where: name,
      remedy: `Install it for this platform: npm install ${name}.`,
      cause,
    });
  }
}
