/**
 * Preloaded into a process that the loader of another C library starts, where `process.execPath` is that loader: the
 * processes that it forks are started by the Node that TEST_NODE names.
 */
const node = process.env['TEST_NODE'];

if (node !== undefined) process.execPath = node;
