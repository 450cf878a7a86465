import { rows } from '../support/sim.js';
import { composeBuilt } from './composition.js';
import type { Measurement } from './figure.js';
import { environment, openScene } from './scene.js';

const polls = 5;
const perPage = 100;

/** Requests that the simulated Planning Center saw, poll by poll; the first also asks for its time zone. */
export function polling(bookings: number): Measurement {
  const name = `Planning Center, ${bookings.toLocaleString('en-US')} bookings: requests per poll`;
  return {
    name: `polling-${bookings}-bookings`,
    async measure() {
      const steady = await requestsPerPoll(bookings, 'order-flips=0');
      const flipping = await requestsPerPoll(bookings, 'order-flips=5');
      return [
        { name, unit: 'requests', value: Math.max(...steady), aim: { atMost: Math.ceil(bookings / perPage) + 1 }, note: `the most of ${steady.join(', ')}` },
        {
          name: `${name}, mean where 5 % of the answers change the order of equal starts`,
          unit: 'requests',
          value: flipping.reduce((sum, count) => sum + count, 0) / flipping.length,
          note: `a list that is not proven whole is read again: ${flipping.join(', ')}`,
        },
      ];
    },
  };
}

async function requestsPerPoll(bookings: number, calendarQuirk: string): Promise<readonly number[]> {
  const scene = await openScene({ members: 0, provisioned: false, bookings, calendarQuirk });
  try {
    const { composition } = await composeBuilt(scene.configPath, environment);
    const counts: number[] = [];
    for (let poll = 0; poll < polls; poll += 1) {
      await scene.forgetRequests();
      const state = await composition.sources.bookings?.poll();
      if (state?.snapshot?.items.length !== bookings) throw new Error(`${state?.snapshot?.items.length ?? 0} bookings came`);
      counts.push(rows(await scene.pco('/requests')).length);
    }
    await composition.close();
    return counts;
  } finally {
    await scene.close();
  }
}
