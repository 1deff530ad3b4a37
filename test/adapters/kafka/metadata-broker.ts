// A broker over TCP that only describes one topic; the test chooses each of its answers.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { ByteWriter } from '../../../src/adapters/kafka/records/byte-writer.ts';

const METADATA = 3;
const API_VERSIONS = 18;

/** An error code of Kafka, 0 for none; or the connection breaks. */
export type Answer = number | 'breaks';

export interface MetadataBroker {
  readonly address: string;
  /** The number of metadata requests so far. */
  requests(): number;
  close(): Promise<void>;
}

/** @param answers to the nth metadata request, from 1 on */
export async function metadataBroker(
  topic: string,
  partitions: number,
  answers: (nth: number) => Answer,
): Promise<MetadataBroker> {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // a client may break off
    socket.on('close', () => sockets.delete(socket));
    let bytes = Buffer.alloc(0);
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0);
        answer(socket, bytes.subarray(4, end));
        bytes = bytes.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP, so it is no path

  function answer(socket: Socket, request: Buffer): void {
    const body = new ByteWriter();
    if (request.readInt16BE(0) === API_VERSIONS) {
      versions(body, request.readInt16BE(2));
    } else {
      const reply = answers(++requests);
      if (reply === 'breaks') {
        socket.destroy();
        return;
      }
      metadata(body, reply);
    }
    const head = Buffer.alloc(8);
    head.writeInt32BE(4 + body.length, 0);
    request.copy(head, 4, 4, 8); // the correlation id
    socket.write(Buffer.concat([head, body.view()]));
  }

  function versions(out: ByteWriter, version: number): void {
    out.int16(0);
    out.int32(2);
    for (const key of [METADATA, API_VERSIONS]) {
      out.int16(key);
      out.int16(0);
      out.int16(key === METADATA ? 1 : 0);
    }
    if (version > 0) out.int32(0); // throttling
  }

  /** Version 1. */
  function metadata(out: ByteWriter, errorCode: number): void {
    out.int32(1);
    out.int32(0); // the broker's number
    out.string('127.0.0.1');
    out.int32(port);
    out.string(null); // no rack
    out.int32(0); // the controller
    out.int32(1);
    out.int16(errorCode);
    out.string(topic);
    out.int8(0); // not internal
    out.int32(partitions);
    for (let partition = 0; partition < partitions; partition++) {
      out.int16(0);
      out.int32(partition);
      out.int32(0); // its leader
      out.int32(0); // no replicas
      out.int32(0); // none in sync
    }
  }

  return {
    address: `127.0.0.1:${port}`,
    requests: () => requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
