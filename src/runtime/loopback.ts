import { isIPv4 } from 'node:net';

/** True for 127.0.0.0/8, ::1 and `localhost`, as `URL.hostname` writes them. Names are never resolved. */
export function isLoopback(hostname: string): boolean {
  if (isIPv4(hostname)) return hostname.startsWith('127.');
  return hostname === '[::1]' || hostname === '::1' || hostname.toLowerCase() === 'localhost';
}
