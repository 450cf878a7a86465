import { rows } from '../support/sim.js';
import { composeBuilt } from './composition.js';
import type { Measurement } from './figure.js';
import { environment, openScene } from './scene.js';

const polls = 5;
const perPage = 100;

/** Requests that the simulated Planning Center saw, poll by poll; the first also asks for its time zone. */
export function polling(bookings: number): Measurement {
  return {
    name: `polling-${bookings}-bookings`,
    async measure() {
      const scene = await openScene({ members: 0, provisioned: false, bookings });
      try {
        const { composition } = await composeBuilt(scene.configPath, environment);
        const counts: number[] = [];
        for (let poll = 0; poll < polls; poll += 1) {
          await scene.forgetRequests();
          const state = await composition.sources.bookings?.poll();
          if (state?.snapshot?.items.length !== bookings || state.failure !== null) throw new Error(`${state?.snapshot?.items.length ?? 0} bookings came`);
          counts.push(rows(await scene.pco('/requests')).length);
        }
        await composition.close();
        return [
          {
            name: `Planning Center, ${bookings.toLocaleString('en-US')} bookings: requests per poll`,
            unit: 'requests',
            value: Math.max(...counts),
            aim: { atMost: Math.ceil(bookings / perPage) + 1 },
            note: `poll by poll ${counts.join(', ')}`,
          },
        ];
      } finally {
        await scene.close();
      }
    },
  };
}
