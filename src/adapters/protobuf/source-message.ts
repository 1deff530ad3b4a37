// The message that a source's schema declares (control path): of a descriptor, of a .proto file, or of declared columns.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { SCHEMA_REFERENCES_MAX } from '../../core/registry-limits.ts';
import { linkedFile, messagesOf } from './linked-files.ts';
import { parseProto } from './proto-text.ts';

const REMEDY =
  'Write the descriptor with: protoc --include_imports --descriptor_set_out=FILE.desc FILE.proto; or name a .proto file.';

/**
 * The message of a descriptor.
 * @param name its full name, or the last part of it; null: the only one
 * @throws SCHEMA_INVALID for a file that is missing, or has no such message
 */
export async function messageOfFile(descriptor: string | URL, name: string | null): Promise<DescMessage> {
  const path = descriptor instanceof URL ? fileURLToPath(descriptor) : descriptor;
  try {
    const files = path.endsWith('.proto')
      ? await protoFiles(path)
      : fromBinary(FileDescriptorSetSchema, await readFile(path)).file;
    return named(files, name);
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `the Protobuf descriptor cannot be used: ${messageOf(cause)}`, {
      where: path,
      remedy: REMEDY,
      cause,
    });
  }
}

/** The only message of a schema's text. @throws SCHEMA_INVALID */
export function messageOfText(text: string, where: string): DescMessage {
  try {
    return named([parseProto(text)], null);
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `the columns are no message of Protobuf: ${messageOf(cause)}`, {
      where,
      remedy: 'Give the columns other names, or give protobuf() a descriptor.',
      cause,
    });
  }
}

function named(files: readonly FileDescriptorProto[], name: string | null): DescMessage {
  const messages = messagesOf(linkedFile(files));
  const found =
    name === null
      ? messages.filter(({ parent }) => parent === undefined)
      : messages.filter(({ typeName }) => typeName === name || typeName.endsWith(`.${name}`));
  const [message] = found;
  if (message !== undefined && found.length === 1) return message;
  const names = messages.map(({ typeName }) => typeName).join(', ');
  throw new Error(
    name === null
      ? `it has the messages ${names || 'none'}: name one as protobuf({ message })`
      : `it has no message ${name}, but ${names || 'none'}`,
  );
}

/** The file after those that it imports, which are searched in its folder; Protobuf's own are known. */
async function protoFiles(path: string): Promise<FileDescriptorProto[]> {
  const files: FileDescriptorProto[] = [];
  const seen = new Set<string>();
  const add = async (at: string): Promise<void> => {
    if (seen.size >= SCHEMA_REFERENCES_MAX)
      throw new Error(`it imports more than ${SCHEMA_REFERENCES_MAX} files`);
    const file = parseProto(await readFile(at, 'utf8'));
    for (const name of file.dependency) {
      if (seen.has(name) || name.startsWith('google/protobuf/')) continue;
      seen.add(name);
      await add(join(dirname(path), name));
    }
    files.push(file);
  };
  await add(path);
  return files;
}
