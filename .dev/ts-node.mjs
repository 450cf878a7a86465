// Registers ts-node's ESM loader, so that `node --import` runs the sources as they are.
import { register } from 'node:module';

register('ts-node/esm', new URL('../', import.meta.url));
