// Imported before uWebSockets.js (control path): its parser reads the bound of a request's head when its binary loads.
import { REQUEST_HEAD_BYTES_MAX } from '../../core/port-limits.ts';

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(REQUEST_HEAD_BYTES_MAX);
